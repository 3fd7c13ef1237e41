#!/usr/bin/env bash
# What of a machine's configuration is not as its entry has it; what is there comes from read_guest.
# shellcheck disable=SC2034 # configure.sh reads AT_START
. guest/lib/tags.sh
. vm/configure/options.sh

# Options that are somebody else's where the entry does not say them.
OPTIONAL=(balloon cpulimit cpuunits numa sockets)

owned_note() { printf '%s/guests/vm-%s.options\n' "$PHOENIX_STATE" "$VMID"; }

want_values() {
  local key value
  read_owned "$(owned_note)"
  for key in cores memory cpu machine bios agent name onboot protection boot startup hostpci{0..15} "${OPTIONAL[@]}"; do
    if ! given "values.$key"; then
      [ -z "${OWNED[$key]-}" ] || unwant "$key"
      continue
    fi
    load value="values.$key"
    next_value "$key"
    case $key in
      onboot | protection) VALUE=${VALUE:-0} ;;
      agent) [[ ! ,$VALUE, =~ ,(enabled=)?$value, ]] || continue ;;
      machine) VALUE=${VALUE:-pc} ;;
      bios) VALUE=${VALUE:-seabios} ;;
      cpu | startup | hostpci*) ! same_list "$value" "$VALUE" || continue ;;
    esac
    want "$key" "$value" "$VALUE"
  done
  while IFS= read -r key; do unwant "$key"; done < <(list absent)
  want_description "$(vm_conf)"
}

# Unsets devices that the entry no longer has.
drop_devices() {
  local index
  for index in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
    given "values.hostpci$index" || unwant "hostpci$index"
  done
}

# net0: the wanted keys replace theirs, others (mtu, rate, a firewall that no entry asks for) stay.
want_network() {
  local now key model=virtio merged bridge='' tag='' mac='' firewall=''
  local -a keys=()
  local -A PAIRS=()
  load bridge=net0.bridge tag=net0.tag mac=net0.mac firewall=net0.firewall
  next_value net0
  now=$VALUE
  pairs_of "$now"
  mapfile -t keys < <(tr ',' '\n' <<<"$now" | sed 's/=.*//; /^$/d')
  for key in "${keys[@]}"; do
    case $key in virtio | e1000 | e1000e | vmxnet3) model=$key && break ;; esac
  done
  merged=$model
  mac=${mac:-${PAIRS[$model]-}}
  [ -z "$mac" ] || merged+="=$mac"
  unset "PAIRS[$model]"
  [ -n "${PAIRS[bridge]+there}" ] || keys+=(bridge)
  [ -n "${PAIRS[tag]+there}" ] || keys+=(tag)
  PAIRS[bridge]=$bridge PAIRS[tag]=$tag
  [ -n "$tag" ] || unset "PAIRS[tag]"
  if [ -n "$firewall" ]; then
    [ -n "${PAIRS[firewall]+there}" ] || keys+=(firewall)
    PAIRS[firewall]=$firewall
  fi
  for key in "${keys[@]}"; do
    [ -n "${PAIRS[$key]+there}" ] || continue
    merged+=,$key${PAIRS[$key]:+=${PAIRS[$key]}}
  done
  same_list "$merged" "$now" || want net0 "$merged" "$now"
  # cloud-init identifies the card by its address.
  [ "$(card_address "$merged")" = "$(card_address "$now")" ] || AT_START=yes
}

# The drives that a machine has besides its disk.
want_drives() {
  local storage=$1 format='' bios=''
  load bios=values.bios
  # A snapshot covers all disks of the machine; disks that are files must be qcow2 for that.
  [[ ${NOW[scsi0]-} != "$storage:"*.qcow2* ]] || format=,format=qcow2
  next_value efidisk0
  [ "$bios" != ovmf ] || [ -n "$VALUE" ] || want efidisk0 "$storage:1,efitype=4m,pre-enrolled-keys=0$format" ''
  next_value ide2
  [[ $VALUE == *cloudinit* ]] || want ide2 "$storage:cloudinit" "$VALUE"
}
