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

rules_missing() {
  local rule
  firewall_there || return 0
  for rule; do firewall_has "$rule" || printf '%s\n' "$rule"; done
}

main() {
  read_settings
  local missing unit
  local -a packages units rules
  load AREA=area
  mapfile -t packages < <(list packages)
  mapfile -t units < <(list units)
  mapfile -t rules < <(list rules)
  lock "$AREA" 300
  if ! looking && [ ! -e "$PHOENIX_STATE/servers/$AREA" ]; then note_before "${units[@]}"; fi
  missing=$(packages_missing "${packages[@]}" | joined)
  [ -z "$missing" ] || mend "packages are missing: $missing" packages_ensure "${packages[@]}"
  for unit in "${units[@]}"; do
    if ! systemctl is-enabled --quiet "$unit" 2>/dev/null || ! systemctl is-active --quiet "$unit"; then
      mend "$unit is not enabled and running" service_ensure "$unit"
    fi
  done
  missing=$(rules_missing "${rules[@]}" | joined)
  if looking; then
    [ -z "$missing" ] || repair "the firewall lacks: $missing"
  else
    firewall_allow "$AREA" "${rules[@]}"
  fi
  finish
}

main
