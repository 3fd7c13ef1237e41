#!/usr/bin/env bash
# Disks of a machine beside scsi0, each known by its interface. One whose entry is removed is detached; its data is kept, and
# attached again when the entry comes back. The note has them, one a line: INTERFACE VOLUME OPTIONS keep|destroy, where OPTIONS
# are the keys that the entry says, - for none.
. guest/lib/disk.sh
. guest/lib/options.sh
. vm/lib/vm.sh

# Keys that an entry can say of a disk, and of the state of a TPM.
OF_DISK=(aio backup cache discard iothread ssd version)

# By interface, as noted: volume, and keys that the entry said, between commas.
declare -A DISK_VOLUME=() DISK_SAID=() DISK_GOES=()

disks_note() { printf '%s/guests/vm-%s.disks\n' "$PHOENIX_STATE" "$VMID"; }

read_disks() {
  local interface volume said goes
  DISK_VOLUME=() DISK_SAID=() DISK_GOES=()
  [ -e "$(disks_note)" ] || return 0
  while read -r interface volume said goes; do
    DISK_VOLUME[$interface]=$volume DISK_SAID[$interface]=,$said, DISK_GOES[$interface]=$goes
  done <"$(disks_note)"
}

# note_disk INTERFACE VOLUME OPTIONS keep|destroy
note_disk() {
  local key keys=''
  local -A PAIRS=()
  pairs_of "$3"
  for key in "${OF_DISK[@]}"; do [ -z "${PAIRS[$key]+said}" ] || keys+=,$key; done
  DISK_VOLUME[$1]=$2 DISK_SAID[$1]=,${keys:1}, DISK_GOES[$1]=$4
  write_file "$(disks_note)" 600 < <(
    for key in "${!DISK_VOLUME[@]}"; do
      keys=${DISK_SAID[$key]#,}
      keys=${keys%,}
      printf '%s %s %s %s\n' "$key" "${DISK_VOLUME[$key]}" "${keys:--}" "${DISK_GOES[$key]}"
    done | sort
  ) || true
}

# each_disk COMMAND: with interface, storage, size in GiB, options, and keep or destroy, of each of the entry.
each_disk() {
  local index=0 interface storage size options goes
  while given "disks.$index.interface"; do
    load interface="disks.$index.interface" storage="disks.$index.storage" size="disks.$index.sizeGb" \
      options="disks.$index.options" goes="disks.$index.destroyOnTeardown"
    [ "$goes" = true ] && goes=destroy || goes=keep
    "$1" "$interface" "$storage" "$size" "$options" "$goes"
    index=$((index + 1))
  done
}

# require_disk: what cannot be done is said before anything is changed.
require_disk() {
  local what="disk $1 of VM $VMID ($NAME)"
  next_value "$1"
  [ -n "$VALUE" ] || return 0
  [[ $VALUE == "$2:"* ]] ||
    err "the $what is ${VALUE%%,*}, not one on $2: move it with 'qm disk move $VMID $1 $2', or give the entry another interface"
  require_version "$what" "$4"
  [ "$3" = 0 ] || refuse_to_shrink "$what" "$(vm_conf)" "$1" "$3" size_gb
}

# require_version WHAT OPTIONS: Proxmox VE refuses another, too.
require_version() {
  [[ $2 != version=* ]] || [[ ",$VALUE," == *",$2,"* ]] ||
    err "the $1 was made with another ${2%%=*} than ${2#*=}, which cannot change: correct tpm;" \
      "or, if what it keeps may be lost, remove tpm, run 'phoenix up', remove the unused disk, and put it back"
}

# Set by merged_disk.
MERGED_DISK=''

# merged_disk INTERFACE VALUE OPTIONS: the wanted options replace theirs; of the others those go that the entry said before.
merged_disk() {
  local part key merged='' IFS=,
  local -A PAIRS=()
  pairs_of "$3"
  set -f
  for part in $2; do
    key=${part%%=*}
    if [ -n "${PAIRS[$key]+wanted}" ] || [[ ${DISK_SAID[$1]-} == *",$key,"* ]]; then continue; fi
    merged+=,$part
  done
  set +f
  MERGED_DISK=${merged:1}${3:+,$3}
}

# kept_disk INTERFACE STORAGE: the volume that was made for it, when it is still there.
kept_disk() {
  local volume=${DISK_VOLUME[$1]-}
  [[ $volume == "$2:"* ]] || return 0
  # An empty one in its place would hide the data.
  listed_volume "$volume" "$VMID" ||
    err "VM $VMID ($NAME): whether $volume, made for its disk $1, is still there cannot be determined: storage $2 does not answer; Proxmox VE's message is above"
}

set_disk() { pve qm set "$VMID" "--$1" "$2" || err "disk $1 of VM $VMID ($NAME) could not be set; Proxmox VE's message is above$(lock_hint "$(vm_conf)")"; }

ensure_disk() {
  local interface=$1 storage=$2 size=$3 options=$4 goes=$5 kept format=''
  next_value "$interface"
  if [ -z "$VALUE" ]; then
    kept=$(kept_disk "$interface" "$storage") || failed_inside
    # As the disk scsi0: a snapshot covers all of them.
    [[ ${NOW[scsi0]-} != "$storage:"*.qcow2* ]] || [ "$interface" = tpmstate0 ] || format=,format=qcow2
    set_disk "$interface" "${kept:-$storage:$((size > 0 ? size : 1))$format}${options:+,$options}"
    read_guest "$(vm_conf)"
    next_value "$interface"
    [ -n "$VALUE" ] || err "disk $interface of VM $VMID ($NAME) does not appear; Proxmox VE's message is above"
    if [ -n "$kept" ]; then
      changed "VM $VMID: attached its disk $kept as $interface again"
    else
      changed "VM $VMID: made disk $interface ($([ "$size" = 0 ] || printf '%sG ' "$size")on $storage)"
    fi
  else
    merged_disk "$interface" "$VALUE" "$options"
    if ! same_list "$MERGED_DISK" "$VALUE"; then
      set_disk "$interface" "$MERGED_DISK"
      changed "VM $VMID: disk $interface ${VALUE#*,} -> ${MERGED_DISK#*,}"
    fi
  fi
  note_disk "$interface" "${VALUE%%,*}" "$options" "$goes"
  grow_disk "disk $interface of VM $VMID ($NAME)" "$(vm_conf)" "$interface" "$size"
}

# release_disks: detaches what the entry no longer names; a disk that somebody put there meanwhile stays.
release_disks() {
  local interface
  for interface in "${!DISK_VOLUME[@]}"; do
    ! has_item disks interface "$interface" || continue
    next_value "$interface"
    [ "${VALUE%%,*}" = "${DISK_VOLUME[$interface]}" ] || continue
    pve qm set "$VMID" --delete "$interface" ||
      err "disk $interface of VM $VMID ($NAME) could not be detached; Proxmox VE's message is above$(lock_hint "$(vm_conf)")"
    changed "VM $VMID: detached disk $interface (${DISK_VOLUME[$interface]}); its data is kept"
  done
}

ensure_disks() {
  read_guest "$(vm_conf)"
  read_disks
  release_disks
  each_disk ensure_disk
}

look_at_disk() {
  local key now
  local -A PAIRS=() there=()
  next_value "$1"
  if [ -z "$VALUE" ]; then
    differs "VM $VMID disk $1" missing "$([ "$3" = 0 ] || printf 'of %sG ' "$3")on $2"
    return 0
  fi
  pairs_of "$VALUE"
  for key in "${!PAIRS[@]}"; do there[$key]=${PAIRS[$key]}; done
  PAIRS=()
  pairs_of "$4"
  for key in "${OF_DISK[@]}"; do
    [ -z "${PAIRS[$key]+wanted}" ] || [ "${there[$key]-}" = "${PAIRS[$key]}" ] ||
      differs "VM $VMID disk $1 $key" "${there[$key]:-not set}" "${PAIRS[$key]}"
  done
  now=$(gigabytes "${there[size]-}")
  [ "$3" -le "$now" ] || differs "VM $VMID disk $1 size_gb" "$now" "$3"
}
