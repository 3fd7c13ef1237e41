#!/usr/bin/env bash
# Confirms a change of the bridge's address: that this script runs shows that the node can be reached.
# Settings: step.ts
. hypervisor/lib/guarded.sh
. hypervisor/initial-setup/bridge/network.sh
set -euo pipefail

main() {
  need_cmd ip
  read_settings
  read_bridge
  lock network 300
  if ! is_closed && is_live; then
    confirm_change
    changed "the address $ADDRESS of $BRIDGE is confirmed"
  fi
  if ! is_live; then
    err "$BRIDGE is not $ADDRESS by way of $GATEWAY$(rolled_back); correct network.interfaces, or when it is right," \
      "run again and replace the step that sets it: up --replace '**bridge'"
  fi
  report
}

main
