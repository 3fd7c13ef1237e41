#!/usr/bin/env bash
# What of a machine's configuration is not as its entry has it; what is there comes from read_guest.
# shellcheck disable=SC2034 # configure.sh reads AT_START
. guest/lib/tags.sh
. vm/configure/cards.sh
. vm/configure/options.sh

# Options that are somebody else's where the entry does not say them.
OPTIONAL=(balloon cpulimit cpuunits numa serial{0..3} sockets usb{0..13} vga)

owned_note() { printf '%s/guests/vm-%s.options\n' "$PHOENIX_STATE" "$VMID"; }

# said_by_entry: what the entry says and may leave to others, as the note has it, one a line.
said_by_entry() {
  owned_by_entry "${OPTIONAL[@]}"
  said_cards
  ! given iso || printf 'ide3\n'
}

# want_cd: the CD in the drive ide3, or none where it was ours. Another one is put in while the machine runs.
want_cd() {
  local iso=''
  load iso=iso
  next_value ide3
  if [ -n "$iso" ]; then
    [ "${VALUE%%,*}" = "$iso" ] || want ide3 "$iso,media=cdrom" "$VALUE"
  elif [ -n "${OWNED[ide3]-}" ]; then
    [[ $VALUE == none,* ]] || want ide3 none,media=cdrom "$VALUE"
  fi
}

want_values() {
  local key value
  for key in cores memory cpu machine bios agent name onboot protection boot startup hostpci{0..15} "${OPTIONAL[@]}"; do
    if ! given "values.$key"; then
      [ -z "${OWNED[$key]-}" ] || take_back "$key"
      continue
    fi
    load value="values.$key"
    next_value "$key"
    case $key in
      onboot | protection) VALUE=${VALUE:-0} ;;
      agent) [[ ! ,$VALUE, =~ ,(enabled=)?$value, ]] || continue ;;
      machine) VALUE=${VALUE:-pc} ;;
      bios) VALUE=${VALUE:-seabios} ;;
      cpu | startup | hostpci* | usb* | vga) ! same_list "$value" "$VALUE" || continue ;;
    esac
    want "$key" "$value" "$VALUE"
  done
  while IFS= read -r key; do unwant "$key"; done < <(list absent)
  want_description "$(vm_conf)"
}

# take_back KEY: as it was before the entry said it. A machine is made with its first serial port.
take_back() {
  if [ "$1" = serial0 ]; then
    next_value "$1"
    want "$1" socket "$VALUE"
  else
    unwant "$1"
  fi
}

# Unsets devices that the entry no longer has.
drop_devices() {
  local index
  for index in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
    given "values.hostpci$index" || unwant "hostpci$index"
  done
}

# require_efi_disk: what the disk with UEFI's variables was made with stays.
require_efi_disk() {
  local key options='' storage=''
  local -A PAIRS=() now=()
  next_value efidisk0
  load options=efiDisk.options storage=efiDisk.storage
  if [ -z "$options" ] || [ -z "$VALUE" ]; then return 0; fi
  [[ $VALUE == "$storage:"* ]] ||
    err "the EFI disk of VM $VMID ($NAME) is ${VALUE%%,*}, not one on $storage: move it with 'qm disk move $VMID efidisk0 $storage', or correct efi_disk"
  pairs_of "efitype=2m,pre-enrolled-keys=0,$VALUE"
  for key in "${!PAIRS[@]}"; do now[$key]=${PAIRS[$key]}; done
  PAIRS=()
  pairs_of "$options"
  for key in "${!PAIRS[@]}"; do
    [ "${PAIRS[$key]}" = "${now[$key]}" ] ||
      err "the EFI disk of VM $VMID ($NAME) was made with $key=${now[$key]}, which cannot change to ${PAIRS[$key]}: correct efi_disk;" \
        "or, if its variables may be lost, 'qm set $VMID --delete efidisk0' while it is stopped, and 'phoenix up'"
  done
}

# The drives that a machine has besides its disk.
want_drives() {
  local storage=$1 at='' format='' bios='' options=''
  load bios=values.bios at=efiDisk.storage options=efiDisk.options
  at=${at:-$storage} options=${options:-efitype=4m,pre-enrolled-keys=0}
  # A snapshot covers all disks of the machine; disks that are files must be qcow2 for that.
  [[ ${NOW[scsi0]-} != "$at:"*.qcow2* ]] || format=,format=qcow2
  next_value efidisk0
  [ "$bios" != ovmf ] || [ -n "$VALUE" ] || want efidisk0 "$at:1,$options$format" ''
  next_value ide2
  [[ $VALUE == *cloudinit* ]] || want ide2 "$storage:cloudinit" "$VALUE"
}
