#!/usr/bin/env bash
# Looks at a container's configuration, and changes nothing. What is only taken up at a start is told with the restart by
# the look of the step start.
# Settings: step.ts
. container/lib/look.sh
. container/configure/wanted.sh
set -euo pipefail

DIFFERS=option_deviates

# option_deviates KEY NOW WANTED: in the words of the file.
option_deviates() {
  local word is=${2:-not set} to_be=${3:-not set}
  case $1 in
    memory) word=memory_mb ;;
    swap) word=swap_mb ;;
    hostname) word=name ;;
    features) word=pct_options ;;
    startup) word='boot_order, boot_delay' ;;
    onboot)
      word=start_at_boot
      is=$(as_flag "$2") to_be=$(as_flag "$3")
      ;;
    description)
      word=description is='edited by hand' to_be='as Phoenix wrote it'
      ;;
    net0)
      network_deviates "$2" "$3"
      return
      ;;
    *) word=$1 ;;
  esac
  deviates "CT $CTID $word: is $is, wanted $to_be"
}

as_flag() { if [ "$1" = 1 ]; then printf true; else printf false; fi; }

# network_deviates NOW WANTED: each of its keys.
network_deviates() {
  local key word
  local -A PAIRS=() now=()
  pairs_of "$1"
  for key in "${!PAIRS[@]}"; do now[$key]=${PAIRS[$key]}; done
  PAIRS=()
  pairs_of "$2"
  for key in name bridge ip gw hwaddr type firewall; do
    [ "${now[$key]-}" != "${PAIRS[$key]-}" ] || continue
    case $key in
      hwaddr) word=mac_address ;;
      type) word='network card' ;;
      firewall) word='firewall of the network card' ;;
      *) word=network_config.$key ;;
    esac
    deviates "CT $CTID $word: is ${now[$key]:-not set}, wanted ${PAIRS[$key]}"
  done
}

look_at_devices() {
  local key path paths=$'\n'
  while read -r key path; do
    paths+=$path$'\n'
    [[ $'\n'$DEVICES$'\n' == *$'\n'"$path"$'\n'* ]] ||
      deviates "CT $CTID device $path ($key): is there, wanted none by gpu_assignment"
  done < <(own_devices lines_next)
  while IFS= read -r path; do
    [ -z "$path" ] || [[ $paths == *$'\n'"$path"$'\n'* ]] ||
      deviates "CT $CTID device $path: is missing, wanted by gpu_assignment"
  done <<<"$DEVICES"
}

look_at_raw_lines() {
  local line
  compare_raw "$CTID" rawLines
  for line in "${RAW_MISSING[@]}"; do deviates "CT $CTID lxc_options: is without '$line', wanted with it"; done
  for line in "${RAW_OBSOLETE[@]}"; do deviates "CT $CTID lxc_options: is with '$line', wanted without it"; done
}

look_at_ids() {
  local range
  while IFS= read -r range; do deviates "$1: is without root:$range, wanted with it for CT $CTID"; done < <(list "$2" | missing_ids "$1")
}

main() {
  local disk='' protect='' now
  look_at_guest
  load disk=diskGb protect=protect
  want_values
  want_network
  now=$(disk_now "$(guest_conf "$CTID")" rootfs)
  [ "$disk" -le "$now" ] || deviates "CT $CTID storage_size_gb: is $now, wanted $disk"
  [ "$protect" != true ] || [ -e "$(protected_note "$CTID")" ] || deviates "CT $CTID protect: is not noted on $(hostname), wanted true"
  look_at_raw_lines
  look_at_ids /etc/subuid hostIds.users
  look_at_ids /etc/subgid hostIds.groups
  # Each of these ends the look where it would refuse.
  require_bridge
  refuse_to_shrink "root disk of CT $CTID" "$(guest_conf "$CTID")" rootfs "$disk" storage_size_gb
  find_devices gpus
  look_at_devices
  finish_look
}

main
