#!/usr/bin/env bash
# After the driver changed: starts the containers again that were stopped for it.
# Settings: step.ts
. container/lib/running.sh
. hypervisor/nvidia-driver/lib/nvidia.sh
set -euo pipefail

main() {
  need_cmd pct
  read_settings
  local version='' id failed=''
  local -a stopped=()
  load version=version
  lock nvidia 1800
  if looking; then
    nvidia_ready "$version" || true
    report
  fi
  [ ! -e "$NVIDIA_STATE/stopped" ] || mapfile -t stopped <"$NVIDIA_STATE/stopped"
  for id in "${stopped[@]}"; do
    if guest_exists "$id" && ! guest_running "$id"; then
      if (lock "guest-$id" 600 && pve pct start "$id") || guest_running "$id"; then
        changed "started CT $id again"
      else
        failed="$failed $id"
        continue
      fi
    fi
    write_stopped "$id"
  done
  [ -z "$failed" ] || CODE=6 err "containers that were stopped for the driver do not start again:$failed;" \
    "Proxmox VE's messages are above. The driver itself is in place"
  report
}

# write_stopped ID: removes it from the list.
write_stopped() {
  local left
  left=$(grep -Fxv -- "$1" "$NVIDIA_STATE/stopped" || true)
  if [ -n "$left" ]; then
    write_file "$NVIDIA_STATE/stopped" <<<"$left" || true
  else
    remove_file "$NVIDIA_STATE/stopped"
  fi
}

main
