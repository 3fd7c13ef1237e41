#!/usr/bin/env bash
# What is in a pool or dataset that is to be destroyed, besides itself.
. hypervisor/zfs/lib/report.sh

# wanted_note NAME: exists while a pool or dataset with destroy_on_teardown is wanted.
wanted_note() { printf '%s/zfs/wanted/%s\n' "$PHOENIX_STATE" "${1//\//%}"; }

# refuse_wanted KIND NAME: while it is wanted, its step is being replaced, and its data must stay.
refuse_wanted() {
  [ ! -e "$(wanted_note "$2")" ] ||
    err "$1 $2 is still wanted: a replacement would destroy its data, and destroy_on_teardown is for a teardown;" \
      "nothing was destroyed. Run again without '--replace' for it"
}

# refuse_foreign KIND NAME: refuses while anything else is in it or uses it.
refuse_foreign() {
  local kind=$1 name=$2 found mounts
  found=$(zfs list -H -o name -t filesystem,volume -r "$name") || err "what lies in $name cannot be determined; the message of zfs is above. Nothing was destroyed"
  found=$(grep -Fxv -- "$name" <<<"$found" | joined) || true
  [ -z "$found" ] || err "$kind $name holds more than this stack made for it: $found; nothing was destroyed: move or destroy that by hand, then run again"
  found=$(zfs list -H -o name -t snapshot -r "$name" | joined)
  [ -z "$found" ] || err "$kind $name has snapshots: $found; nothing was destroyed: 'zfs destroy' those that nobody needs, then run again"
  found=$(storages_on "$name" | joined)
  [ -z "$found" ] || err "$kind $name is the place of Proxmox VE's storage $found; nothing was destroyed: take that storage out first (pvesm remove)"
  mounts=$(zfs get -H -o value mountpoint "$name")
  [[ $mounts == /* ]] || return 0
  found=$(grep -lsE -- "[ :]${mounts}[/,]" /etc/pve/lxc/*.conf /etc/pve/qemu-server/*.conf | xargs -r -n 1 basename | sed 's/\.conf$//' | joined) || true
  [ -z "$found" ] || err "$kind $name is used by guest $found; nothing was destroyed: take it out of the guest first"
}

# storages_on NAME: ids of Proxmox VE's storages on a dataset or below where it is mounted.
storages_on() {
  awk -v name="$1" -v mount="$(zfs get -H -o value mountpoint "$1")" '
    /^[a-z]+:[ \t]/ { id = $2 }
    $1 == "pool" && ($2 == name || index($2, name "/") == 1) { print id }
    $1 == "path" && mount ~ "^/" && ($2 == mount || index($2, mount "/") == 1) { print id }
  ' /etc/pve/storage.cfg
}
