#!/usr/bin/env bash
# Lists what a node is and has, and changes nothing; it runs on a fresh node too.
# On standard output, fields separated by tabs:
#   release VERSION | hostname NAME | timezone ZONE | bridge NAME [ADDRESS/LENGTH] | gateway ADDRESS DEVICE
#   nameserver ADDRESS | disk PATH BYTES MODEL used|blank|unknown | gpu ADDRESS NAME | storage ID TYPE STATUS CONTENT
#   pool NAME | template VOLID | guest lxc|qemu ID running|stopped | conf lxc|qemu ID LINE
set -euo pipefail

row() {
  local IFS=$'\t'
  printf '%s\n' "$*" >&3
}

# A disk counts as used when lsblk shows anything on it: partitions, file systems, pools. If lsblk cannot read it, its state
# is unknown.
disk_state() {
  local names contents
  if ! names=$(lsblk -no NAME "$1") || [ -z "$names" ] || ! contents=$(lsblk -no FSTYPE,PTTYPE,MOUNTPOINT "$1"); then
    echo unknown
  elif [ "$(wc -l <<<"$names")" -gt 1 ] || [[ $contents == *[![:space:]]* ]]; then
    echo used
  else
    echo blank
  fi
}

# by_id KERNEL_NAME: the disk's permanent path; of several the most readable one.
by_id() {
  local link best=''
  for link in /dev/disk/by-id/*; do
    [ "$(readlink -f "$link")" = "/dev/$1" ] || continue
    case ${link##*/} in nvme-eui.* | wwn-* | *_1 | nvme-nvme.*) [ -n "$best" ] || best=$link ;; *) best=$link ;; esac
  done
  printf '%s\n' "${best:-/dev/$1}"
}

tell_disks() {
  local name bytes kind model list
  list=$(lsblk -bdno NAME,SIZE,TYPE,MODEL) || err "the disks of $(hostname) cannot be listed; lsblk's message is above"
  while read -r name bytes kind model; do
    [ "$kind" = disk ] || continue
    case $name in loop* | zd* | ram* | zram* | nbd* | fd* | sr*) continue ;; esac
    # A card reader without a card.
    [ "$bytes" != 0 ] || continue
    row disk "$(by_id "$name")" "$bytes" "${model:-unknown}" "$(disk_state "/dev/$name")"
  done <<<"$list"
}

tell_network() {
  local folder name address
  for folder in /sys/class/net/*/bridge; do
    [ -e "$folder" ] || continue
    name=${folder%/bridge}
    name=${name##*/}
    address=$(ip -4 -o address show dev "$name" scope global | awk '{ print $4; exit }')
    row bridge "$name" "$address"
  done
  ip -4 route show default | awk '{ for (i = 1; i < NF; i++) { if ($i == "via") via = $(i + 1); if ($i == "dev") dev = $(i + 1) } if (via != "") { print via "\t" dev; exit } }' |
    while IFS=$'\t' read -r address name; do row gateway "$address" "$name"; done
  awk '$1 == "nameserver" { print $2 }' /etc/resolv.conf | while read -r address; do row nameserver "$address"; done
}

# content_of ID: what storage.cfg lets it hold.
content_of() {
  awk -v id="$1" '/^[a-z]+:/ { inside = ($2 == id) } inside && $1 == "content" { print $2 }' /etc/pve/storage.cfg
}

tell_storages() {
  local id type status _rest content list
  list=$(pvesm status) || err "the storages of $(hostname) cannot be listed; Proxmox VE's message is above"
  while read -r id type status _rest; do
    [ "$id" != Name ] || continue
    content=$(content_of "$id")
    row storage "$id" "$type" "$status" "$content"
    case ,$content, in
      *,vztmpl,*) [ "$status" != active ] || pvesm list "$id" --content vztmpl | awk 'NR > 1 { print $1 }' | while read -r id; do row template "$id"; done ;;
    esac
  done <<<"$list"
}

# tell_members: of Proxmox VE's pools, by their ids.
tell_members() {
  local kind name _comment ids _rest id
  [ -e /etc/pve/user.cfg ] || return 0
  while IFS=: read -r kind name _comment ids _rest; do
    [ "$kind" = pool ] || continue
    for id in ${ids//,/ }; do row member "$name" "$id"; done
  done </etc/pve/user.cfg
}

tell_guests() {
  local kind=$1 tool=$2 folder=$3 file id line state
  for file in "$folder"/*.conf; do
    [ -e "$file" ] || continue
    id=${file##*/}
    id=${id%.conf}
    state=$("$tool" status "$id" 2>&1) || true
    case $state in
      *'status: running'*) state=running ;;
      *'status: stopped'*) state=stopped ;;
      *) err "whether guest $id runs cannot be determined; '$tool status $id' says: $(grep . <<<"${state:-nothing}" | paste -sd ';' - | cut -c 1-300)" ;;
    esac
    row guest "$kind" "$id" "$state"
    while IFS= read -r line || [ -n "$line" ]; do row conf "$kind" "$id" "$line"; done <"$file"
  done
}

main() {
  local pools name
  need_cmd pveversion pvesm pct qm lsblk ip
  row release "$(pveversion)"
  row hostname "$(hostname)"
  row timezone "$(timedatectl show -p Timezone --value 2>/dev/null || cat /etc/timezone 2>/dev/null || echo Etc/UTC)"
  tell_network
  tell_disks
  lspci -D | sed -nE 's/^([0-9a-f:.]+) (VGA compatible controller|3D controller): (NVIDIA .*)$/\1\t\3/p' |
    while IFS=$'\t' read -r address name; do row gpu "$address" "$name"; done
  tell_storages
  if command -v zpool >/dev/null; then
    pools=$(zpool list -H -o name) || err "the pools of $(hostname) cannot be listed; the message of zpool is above"
    [ -z "$pools" ] || while IFS= read -r name; do row pool "$name"; done <<<"$pools"
  fi
  tell_members
  tell_guests lxc pct /etc/pve/lxc
  tell_guests qemu qm /etc/pve/qemu-server
}

main
