#!/usr/bin/env bash
# After the driver changed: starts the containers again that were stopped for it.
# Settings: step.ts
. container/lib/running.sh
. hypervisor/nvidia-driver/lib/nvidia.sh
set -euo pipefail

# folder_gone ID: the first folder of the host that is to be mounted in it and is not there.
folder_gone() {
  local folder
  while IFS= read -r folder; do
    [ -d "$folder" ] || { printf '%s\n' "$folder" && return 0; }
  done < <(now_conf "$1" | sed -nE 's/^mp[0-9]+: *(volume=)?(\/[^,]*),.*/\2/p')
}

main() {
  need_cmd pct
  read_settings
  local version='' id gone failed=''
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
      elif gone=$(folder_gone "$id") && [ -n "$gone" ]; then
        # Its folders are made behind the host's set-up, and its own step starts it then; here it would keep them from it.
        say "warning: CT $id does not start again yet: $gone, which is mounted in it, is not there"
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
