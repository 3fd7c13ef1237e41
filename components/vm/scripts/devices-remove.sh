#!/usr/bin/env bash
# Removes the mappings that devices.sh made and no machine uses any more.
# Settings: {devices: [{mapping, address?}], …}
set -euo pipefail

main() {
  local mapping
  need_cmd pvesh jq
  read_settings
  lock mappings 300
  while IFS= read -r mapping; do
    [ -e "$PHOENIX_STATE/mappings/$mapping" ] || continue
    if ! grep -Eqs "^hostpci[0-9]+: (.*,)?mapping=$mapping(,|\$)" /etc/pve/qemu-server/*.conf; then
      pve pvesh delete "/cluster/mapping/pci/$mapping" || true
      rm -f "$PHOENIX_STATE/mappings/$mapping"
      changed "removed the PCI mapping $mapping"
    fi
  done < <(jq -r '.devices[].mapping' <<<"$SETTINGS")
  report
}

main
