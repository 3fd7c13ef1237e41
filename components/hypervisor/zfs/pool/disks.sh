#!/usr/bin/env bash
# What is on a disk and what uses it: checks that a disk is blank, and wipes one that is named for that.
. hypervisor/zfs/lib/report.sh

# disk_of DEVICE: the kernel path of the disk that a device is or lies on.
disk_of() {
  local parent
  parent=$(lsblk -dnro PKNAME "$1" 2>/dev/null | head -n 1) || parent=''
  printf '/dev/%s\n' "${parent:-$(basename "$1")}"
}

wait_for_udev() { ! command -v udevadm >/dev/null || udevadm settle -t 10 >/dev/null 2>&1 || true; }

# tree DEVICE: everything on a disk, from the disk down, as a JSON list.
tree() {
  lsblk -J -o NAME,TYPE,FSTYPE,LABEL,UUID,PTTYPE,PARTLABEL,MOUNTPOINTS "$1" |
    jq -c '[.blockdevices[] | recurse(.children[]?) | .mounts = [.mountpoints[]? | select(. != null)]]'
}

# uses DEVICE TREE: what uses a disk at this moment, a line each; a disk in use is never wiped.
uses() {
  local device=$1 name names said
  jq -r '.[] | .name as $name | (
      (.mounts[] | if . == "[SWAP]" then "\($name) is swap space" else "\($name) is mounted at \(.)" end),
      (select(.type == "lvm") | "the LVM volume \($name) is active"),
      (select(.type | test("^raid|^linear")) | "the array \($name) runs on it"),
      (select(.type == "crypt") | "the encrypted device \($name) is open"),
      (select(.type == "mpath") | "the multipath device \($name) runs on it"))' <<<"$2"
  said=$(zpool status -L -P 2>&1 9>&-) || err "whether a pool has $device cannot be determined; 'zpool status' says: $(grep . <<<"${said:-nothing}" | joined | cut -c 1-300)"
  awk -v disk="$device" '
    $1 == "pool:" { pool = $2 }
    $1 == disk || $1 ~ ("^" disk "p?[0-9]+$") { print "it belongs to the imported pool " pool }' <<<"$said" | sort -u
  # A guest with the disk passed through uses it even while it is stopped.
  names=$(for name in $(jq -r '.[].name' <<<"$2"); do
    printf '/dev/%s\n' "$name"
    find -L /dev/disk -samefile "/dev/$name" 2>/dev/null || true
  done)
  grep -lsFw -e "$names" /etc/pve/qemu-server/*.conf /etc/pve/lxc/*.conf | while read -r name; do
    printf 'it is given to guest %s\n' "$(basename "$name" .conf)"
  done || true
}

# starts_node TREE: why this node needs the disk to start; nothing when it does not.
starts_node() {
  local uuid
  jq -r '.[] | .name as $name | .mounts[] | select(. == "/" or . == "/boot" or . == "/boot/efi") | "\($name) is mounted at \(.)"' <<<"$1"
  [ ! -r /etc/kernel/proxmox-boot-uuids ] || while read -r uuid; do
    jq -r --arg uuid "$uuid" '.[] | select(.uuid == $uuid) | "\(.name) is a boot partition of proxmox-boot-tool"' <<<"$1"
  done </etc/kernel/proxmox-boot-uuids
}

# contents DEVICE TREE: what lies on a disk, a line each; nothing for a blank one.
contents() {
  local part known said
  jq -r '.[] | . as $node | (
      (select(.type == "disk" and .pttype != null) | "a \(.pttype) partition table"),
      (select(.fstype != null) | "\($node.name) holds " + (
        if .fstype == "zfs_member" then "the label of ZFS pool \(.label // "?")"
        elif .fstype == "LVM2_member" then "an LVM physical volume"
        elif .fstype == "linux_raid_member" then "a part of a RAID array"
        elif .fstype == "swap" then "swap space"
        else "a \(.fstype) file system" + (if .label == null then "" else " (\(.label))" end) end)),
      (select(.type == "part" and .fstype == null) | "\($node.name) is a partition"))' <<<"$2"
  # The disk itself is asked too: lsblk repeats what udev noted, and that may be old.
  known=$(jq -r '.[] | .fstype // empty, .pttype // empty' <<<"$2")
  for part in $(jq -r '.[] | select(.type == "disk" or .type == "part") | .name' <<<"$2"); do
    said=$(wipefs --noheadings --output TYPE "/dev/$part" 2>&1 9>&-) ||
      err "what lies on /dev/$part cannot be determined; wipefs says: $(grep . <<<"${said:-nothing}" | joined | cut -c 1-300)"
    sort -u <<<"$said" | while read -r type; do
      [ -z "$type" ] || [ "$type" = PMBR ] || grep -Fxq -- "$type" <<<"$known" || printf '%s has a signature of %s\n' "$part" "$type"
    done
  done
}

# labels DEVICE: pools whose labels are on a disk: 'guid name', a line each.
labels() {
  tree "$1" | jq -r '.[] | select(.fstype == "zfs_member") | "\(.uuid // "?") \(.label // "?")"' | sort -u
}

# left_over TREE NAME: true for what an interrupted 'zpool create' of pool NAME leaves.
left_over() {
  jq -e --arg pool "$2" 'all(.[];
    .type == "disk" and .fstype == null
    or .type == "part" and ((.partlabel // "" | test("^zfs-[0-9a-f]{16}$")) or (.name | test("9$")))
      and (.fstype == null or (.fstype == "zfs_member" and (.label // $pool) == $pool)))' >/dev/null <<<"$1"
}

# wipe DEVICE: erases a disk; the caller has made sure that nothing uses it.
wipe() {
  local device=$1 part
  for part in $(lsblk -lnpo NAME,TYPE "$device" | awk '$2 == "part" { print $1 }') "$device"; do
    zpool labelclear -f "$part" >/dev/null 2>&1 || true
    wipefs -aq "$part"
  done
  wait_for_udev
  wait_for 10 bare "$device" || err "$device was wiped, but its partitions are still there; restart the node, then run again"
}

bare() {
  local text
  [ "$(lsblk -lno NAME "$1" | wc -l)" -eq 1 ] && text=$(contents "$1" "$(tree "$1")") && [ -z "$text" ]
}
