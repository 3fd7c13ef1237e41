#!/usr/bin/env bash
# Devices of the host that a container is given by their paths (devN), but for NVIDIA's, which gpus.sh has.
# shellcheck disable=SC2153 # guest.sh sets CTID
. guest/lib/options.sh
. guest/lib/owned.sh
. container/lib/running.sh

# device_at PATH lines_now|lines_next: into DEVICE the devN that has it, and its other options into DEVICE_OPTIONS.
DEVICE='' DEVICE_OPTIONS=''
device_at() {
  local line
  DEVICE='' DEVICE_OPTIONS=''
  while IFS= read -r line; do
    if [[ ! $line =~ ^(dev[0-9]+):\ *(path=)?([^,]*),?(.*)$ ]] || [ "${BASH_REMATCH[3]}" != "$1" ]; then continue; fi
    DEVICE=${BASH_REMATCH[1]} DEVICE_OPTIONS=${BASH_REMATCH[4]}
    return 0
  done < <("$2")
}

# each_device COMMAND: with path and options of each of the entry.
each_device() {
  local index=0 path options
  while given "devices.$index.path"; do
    load path="devices.$index.path" options="devices.$index.options"
    "$1" "$path" "$options"
    index=$((index + 1))
  done
}

require_device() {
  [ -c "$1" ] || [ -b "$1" ] ||
    err "CT $CTID is to have $1, which is no device of $(hostname): correct the path in its devices, or load its driver. Nothing was changed"
}

# keep_device PATH OPTIONS: takes back what waits for the next stop where the device is as wanted now.
keep_device() {
  device_at "$1" lines_now
  [ -n "$DEVICE" ] && [ -n "${GOES[$DEVICE]-}${WAITS[$DEVICE]-}" ] && same_list "$DEVICE_OPTIONS" "$2" || return 0
  pve pct set "$CTID" --revert "$DEVICE" || err "CT $CTID could not keep $1; Proxmox VE's message is above"
  changed "CT $CTID: $1 stays as it is: what waited for its next stop is taken back"
  read_guest "$(guest_conf "$CTID")"
}

ensure_device() {
  local number=0
  keep_device "$1" "$2"
  device_at "$1" lines_next
  if [ -n "$DEVICE" ]; then
    ! same_list "$DEVICE_OPTIONS" "$2" || return 0
  else
    while [ -n "${NOW[dev$number]-}${WAITS[dev$number]-}" ]; do number=$((number + 1)); done
    DEVICE=dev$number
  fi
  pve pct set "$CTID" "--$DEVICE" "$1${2:+,$2}" || err "CT $CTID could not be given $1; Proxmox VE's message is above"
  changed "CT $CTID: device $1${2:+ ($2)}"
  read_guest "$(guest_conf "$CTID")"
}

# ensure_own_devices: after read_owned. Those of the entry before go, devices of somebody else stay.
ensure_own_devices() {
  local what
  local -a gone=()
  read_guest "$(guest_conf "$CTID")"
  each_device ensure_device
  for what in "${!OWNED[@]}"; do
    if [[ $what != 'device '* ]] || has_item devices path "${what#device }"; then continue; fi
    device_at "${what#device }" lines_next
    [ -n "$DEVICE" ] || continue
    gone+=("$DEVICE")
    changed "CT $CTID: without device ${what#device }"
  done
  unset_keys "$CTID" "${gone[@]}" || err "CT $CTID: its devices could not be taken out; Proxmox VE's message is above"
}

said_device() { printf 'device %s\n' "$1"; }

look_at_device() {
  device_at "$1" lines_next
  if [ -z "$DEVICE" ]; then
    differs "CT $CTID device $1" missing "by devices"
  else
    same_list "$DEVICE_OPTIONS" "$2" || differs "CT $CTID device $1" "${DEVICE_OPTIONS:-without options}" "${2:-without options}"
  fi
}
