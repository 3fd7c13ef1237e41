#!/usr/bin/env bash
# A guest's own disk, `rootfs` of a container and `scsi0` of a machine: it grows, and never shrinks.
. guest/lib/conf.sh
. guest/lib/options.sh

# disk_now FILE DISK: its size in whole gigabytes.
disk_now() {
  local -A PAIRS=()
  pairs_of "$(conf_value "$1" "$2")"
  gigabytes "${PAIRS[size]-}"
}

# refuse_to_shrink WHAT FILE DISK GB KEY: called before anything is changed. WHAT is the disk in messages, KEY the name of
# its size in the entry.
refuse_to_shrink() {
  local now
  now=$(disk_now "$2" "$3")
  [ "$4" -ge "$now" ] || err "the $1 has ${now}G and cannot shrink to ${4}G: set $5 to $now or more"
}

# grow_disk WHAT FILE DISK GB
grow_disk() {
  local what=$1 conf=$2 disk=$3 wanted=$4 now title id
  local -a tool=(qm disk)
  now=$(disk_now "$conf" "$disk")
  [ "$wanted" -gt "$now" ] || return 0
  title=$(conf_title "$conf")
  id=${title#* }
  case $title in CT*) tool=(pct) ;; esac
  # `qm disk resize` exits with 0 when it failed: only the new size shows whether it worked.
  pve "${tool[@]}" resize "$id" "$disk" "${wanted}G" || true
  # An interrupted resize leaves a grown disk and the old size in the configuration; `rescan` corrects that.
  [ "$(disk_now "$conf" "$disk")" -ge "$wanted" ] || pve "${tool[@]}" rescan --vmid "$id" || true
  [ "$(disk_now "$conf" "$disk")" -ge "$wanted" ] ||
    err "the $what could not be grown to ${wanted}G; Proxmox VE's message is above$(lock_hint "$conf")"
  changed "$title: ${what%% of *} ${now}G -> ${wanted}G"
}

# listed_volume VOLUME ID: prints the volume where its storage lists it as one of that guest; false where the storage does not
# answer.
listed_volume() {
  local list
  list=$(pvesm list "${1%%:*}" --vmid "$2" 9>&-) || return
  awk -v v="$1" 'NR > 1 && $1 == v { print v }' <<<"$list"
}
