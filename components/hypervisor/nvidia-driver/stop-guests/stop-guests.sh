#!/usr/bin/env bash
# Before the driver changes: running containers of this stack that have a GPU stop; a foreign one is refused.
# Settings: step.ts
. container/lib/running.sh
. hypervisor/nvidia-driver/lib/nvidia.sh
set -euo pipefail

# Called for all containers before any is stopped.
refuse_foreign_user() {
  conf_has_tag "$(guest_conf "$1")" "$2" || CODE=4 err "CT $1 ('$(guest_value "$1" hostname)') uses this host's NVIDIA driver and is not" \
    "of this stack; the driver cannot be changed below it. Stop it ('pct shutdown $1'), then run again. Nothing was changed"
}

stop_guest() {
  local id=$1
  # The note comes first: after an interruption the container is still started again.
  grep -Fxqs -- "$id" "$NVIDIA_STATE/stopped" || printf '%s\n' "$id" >>"$NVIDIA_STATE/stopped"
  (
    lock "guest-$id" 600
    pve pct shutdown "$id" --timeout 60 --forceStop 1
  ) || ! guest_running "$id" || CODE=6 err "CT $id does not stop; Proxmox VE's message is above"
  wait_for 30 guest_stopped "$id" || CODE=6 err "CT $id still runs 30 s after it was stopped"
  changed "stopped CT $id, which has a GPU"
}

guest_stopped() { ! guest_running "$1"; }

main() {
  need_cmd pct
  read_settings
  local version='' tag='' id found
  local -a guests=()
  load version=version tag=tag
  lock nvidia 1800
  nvidia_without_card
  if nvidia_ready "$version"; then
    report
    return
  fi
  found=$(nvidia_guests)
  [ -z "$found" ] || mapfile -t guests <<<"$found"
  if [ -n "$(nvidia_loaded)" ]; then
    for id in "${guests[@]}"; do refuse_foreign_user "$id" "$tag"; done
  fi
  ! looking || report
  mkdir -p "$NVIDIA_STATE"
  for id in "${guests[@]}"; do
    ! conf_has_tag "$(guest_conf "$id")" "$tag" || stop_guest "$id"
  done
  report
}

main
