#!/usr/bin/env bash
# What looks at containers share. One that is gone or somebody else's is reported by the plan, which asks Proxmox VE itself,
# and by the claim of its CTID.
. guest/lib/look.sh
. guest/lib/options.sh
. container/lib/running.sh

# look_at_guest: reads the settings, and the container's configuration; the look ends where there is none of ours.
look_at_guest() {
  local tags
  read_settings
  load CTID=ctid TAG=tag
  if [ -e "/etc/pve/lxc/$CTID.conf" ]; then
    read_guest "/etc/pve/lxc/$CTID.conf"
    tags=";${NOW[tags]-};"
    [[ ${tags//[, ]/;} != *";$TAG;"* ]] || return 0
  fi
  finish_look
  exit 0
}

# options_deviate WHAT NOW WANTED: each option of a mount that the entry says.
options_deviate() {
  local key now
  local -A PAIRS=() there=()
  pairs_of "$2"
  for key in "${!PAIRS[@]}"; do there[$key]=${PAIRS[$key]}; done
  PAIRS=()
  pairs_of "$3"
  for key in acl backup mountoptions quota replicate; do
    [ -n "${PAIRS[$key]-}" ] || continue
    now=${there[$key]-}
    same_list "$now" "${PAIRS[$key]}" ';' || option_differs "$1" "$key" "$now" "${PAIRS[$key]}"
  done
}

# look_at_snapshot: the one that the settings name.
look_at_snapshot() {
  local name=''
  load name=name
  if [ -z "${SNAPSHOTS[$name]+there}" ]; then
    differs "CT $CTID snapshot $name" missing there
  elif [ -n "${SNAPSHOTS[$name]}" ]; then
    differs "CT $CTID snapshot $name" "cut off (${SNAPSHOTS[$name]})" complete
  fi
}
