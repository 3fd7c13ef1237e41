#!/usr/bin/env bash
# A server that shares files: its packages, its units, and the firewall for those who may reach it.
# Settings: step.ts
. hypervisor/lib/sharing.sh
. hypervisor/lib/packages.sh
. hypervisor/lib/services.sh
. hypervisor/lib/firewall.sh
set -euo pipefail

# note_before UNIT…: which units ran before us, so that a removal stops only the others.
note_before() {
  local unit
  install -d -m 750 "$PHOENIX_STATE/servers"
  for unit; do
    if systemctl is-active --quiet "$unit" 2>/dev/null; then printf '%s\n' "$unit"; fi
  done >"$PHOENIX_STATE/servers/$AREA.new"
  mv -f "$PHOENIX_STATE/servers/$AREA.new" "$PHOENIX_STATE/servers/$AREA"
}

main() {
  read_settings
  local -a packages units rules
  load AREA=area
  mapfile -t packages < <(list packages)
  mapfile -t units < <(list units)
  mapfile -t rules < <(list rules)
  lock "$AREA" 300
  if ! looking && [ ! -e "$PHOENIX_STATE/servers/$AREA" ]; then note_before "${units[@]}"; fi
  packages_ensure "${packages[@]}"
  service_ensure "${units[@]}"
  firewall_allow "$AREA" "${rules[@]}"
  finish
}

main
