#!/usr/bin/env bash
# Removes the mappings that devices.sh made and no machine uses any more, and returns their devices to the host's drivers.
# Settings: step.ts
. vm/devices/device-users.sh
. vm/devices/vfio.sh
set -euo pipefail

# functions_for MAPPING: those that this stack set aside for it, one a line.
functions_for() {
  local note
  for note in "$SET_ASIDE"/????:*; do
    if [ -e "$note" ] && vfio_needs "${note##*/}" "$1"; then printf '%s\n' "${note##*/}"; fi
  done
}

# made_for OWNER: mappings that were made for a machine, also for an entry that has changed since, one a line.
made_for() {
  local note
  for note in "$MAPPED"/*; do
    [ ! -e "$note" ] || ! grep -Fxq -- "$1" "$note" || printf '%s\n' "${note##*/}"
  done
}

# Returns devices that no other mapping needs. A card that NVIDIA's driver gets back has no device node yet.
give_back() {
  local mapping=$1 function others
  for function in $(functions_for "$mapping"); do
    others=$(grep -Fxv -- "$mapping" "$SET_ASIDE/$function" || true)
    if [ -n "$others" ]; then
      vfio_note "$function" "$others"
      continue
    fi
    vfio_release "$function"
    [ "$(driver_of "$function")" != nvidia ] ||
      say "for containers, the device node of $function is still to be made: 'systemctl restart phoenix-nvidia', or the next start"
  done
}

require_unused() {
  local function user
  for function in $(functions_for "$1"); do
    user=$(running_with "$function")
    [ -z "$user" ] || err "the device $function ($1) is in use by $user; nothing was changed. Shut the machine down, then run again"
  done
}

main() {
  local mapping tag='' name=''
  local -a unused=()
  need_cmd pvesh jq qm
  read_settings
  load tag=tag name=name
  lock mappings 300
  read_mappings
  while IFS= read -r mapping; do
    mapping_used "$mapping" || unused+=("$mapping")
  done < <({ jq -r '.devices[].mapping' <<<"$SETTINGS" && made_for "$tag $name"; } | sort -u)
  for mapping in "${unused[@]}"; do require_unused "$mapping"; done
  for mapping in "${unused[@]}"; do
    give_back "$mapping"
    [ -e "$MAPPED/$mapping" ] || continue
    pve pvesh delete "/cluster/mapping/pci/$mapping" || true
    rm -f "$MAPPED/$mapping"
    changed "removed the PCI mapping $mapping"
  done
  report
}

main
