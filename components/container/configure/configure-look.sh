#!/usr/bin/env bash
# Looks at a container's configuration, and changes nothing. What is only taken up at a start is reported with the restart by
# the look of the step start.
# Settings: step.ts
. container/lib/look.sh
. container/configure/wanted.sh
set -euo pipefail

DIFFERS=option_deviates

KEY_OF+=([swap]=swap_mb [hostname]=name [features]=pct_options)

# option_deviates OPTION NOW WANTED
option_deviates() {
  case $1 in
    net0) network_deviates network_config "$2" "$3" ;;
    net*) card_deviates "$@" ;;
    rootfs) options_deviate "CT $CTID rootfs" "$2" "$(setting rootfs)" ;;
    tags) tags_deviate "CT $CTID" "$2" "$3" ;;
    *) option_differs "CT $CTID" "$@" ;;
  esac
}

# network_deviates WHAT NOW WANTED: each key of a card.
network_deviates() {
  local key word of=$1
  local -A PAIRS=() now=()
  pairs_of "$2"
  for key in "${!PAIRS[@]}"; do now[$key]=${PAIRS[$key]}; done
  PAIRS=()
  pairs_of "$3"
  for key in name bridge ip gw hwaddr type firewall gw6 ip6 mtu rate tag; do
    [ "${now[$key]-}" != "${PAIRS[$key]-}" ] || continue
    case $of:$key in
      network_config:hwaddr) word=mac_address ;;
      network_config:type) word='network card' ;;
      network_config:firewall) word='firewall of the network card' ;;
      *:hwaddr) word=$of.mac_address ;;
      *:tag) word=$of.vlan ;;
      *) word=$of.$key ;;
    esac
    differs "CT $CTID $word" "${now[$key]:-not set}" "${PAIRS[$key]:-not set}"
  done
}

# card_deviates KEY NOW WANTED
card_deviates() {
  local -A PAIRS=()
  pairs_of "${3:-$2}"
  if [ -z "$2" ]; then
    differs "CT $CTID network card ${PAIRS[name]}" missing "by networks"
  elif [ -z "$3" ]; then
    differs "CT $CTID network card ${PAIRS[name]} ($1)" there "none by networks"
  else
    network_deviates "networks ${PAIRS[name]}" "$2" "$3"
  fi
}

look_at_devices() {
  local key path paths=$'\n'
  while read -r key path; do
    paths+=$path$'\n'
    [[ $'\n'$DEVICES$'\n' == *$'\n'"$path"$'\n'* ]] ||
      differs "CT $CTID device $path ($key)" there "none by gpu_assignment"
  done < <(own_devices lines_next)
  while IFS= read -r path; do
    [ -z "$path" ] || [[ $paths == *$'\n'"$path"$'\n'* ]] ||
      differs "CT $CTID device $path" missing "by gpu_assignment"
  done <<<"$DEVICES"
}

look_at_raw_lines() {
  local line
  compare_raw "$CTID" rawLines
  for line in "${RAW_MISSING[@]}"; do differs "CT $CTID lxc_options" "without '$line'" 'with it'; done
  for line in "${RAW_OBSOLETE[@]}"; do differs "CT $CTID lxc_options" "with '$line'" 'without it'; done
}

look_at_ids() {
  local range
  given "$2.0" || return 0
  while IFS= read -r range; do differs "$1" "without root:$range" "with it for CT $CTID"; done < <(list "$2" | missing_ids "$1")
}

main() {
  local disk='' protect='' now
  look_at_guest
  load disk=diskGb protect=protect
  want_values
  want_tags "$TAG"
  want_network
  want_cards
  want_root_disk
  now=$(disk_now "$(guest_conf "$CTID")" rootfs)
  [ "$disk" -le "$now" ] || differs "CT $CTID storage_size_gb" "$now" "$disk"
  [ "$protect" != true ] || [ -e "$(protected_note "$CTID")" ] || differs "CT $CTID protect" "not noted on $(hostname)" true
  look_at_raw_lines
  look_at_ids /etc/subuid hostIds.users
  look_at_ids /etc/subgid hostIds.groups
  # Each of these ends the look where it would refuse.
  each_device look_at_device
  require_bridges
  each_device require_device
  refuse_to_shrink "root disk of CT $CTID" "$(guest_conf "$CTID")" rootfs "$disk" storage_size_gb
  find_devices gpus
  look_at_devices
  finish_look
}

main
