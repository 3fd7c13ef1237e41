#!/usr/bin/env bash
# Restores the network's files. The live configuration stays: this connection runs over it.
# Settings: step.ts
. hypervisor/initial-setup/lib/written.sh
. hypervisor/lib/guarded.sh
. hypervisor/initial-setup/bridge/network.sh
set -euo pipefail

main() {
  read_settings
  read_bridge
  lock network 300
  end_open_change
  bring_back "$INTERFACES"
  # Where the other file stays, the bridge would have no address in any file without ours.
  if grep -q 'Written by Phoenix' "$OWN_FILE" 2>/dev/null && [ -z "$(other_address)" ]; then
    say "$OWN_FILE stays: nothing else gives $BRIDGE an address"
  elif restore_original "$OWN_FILE"; then
    changed "brought $OWN_FILE back"
  fi
  [ "${#DID[@]}" -eq 0 ] || say "the network of before comes with the node's next start, or with 'ifreload -a'"
  rm -rf "$GUARD_STATE"
  report
}

# other_address: what other files than our own give the bridge.
other_address() {
  awk -v bridge="$BRIDGE" '$1 == "iface" { inside = ($2 == bridge) } inside && $1 == "address" && $2 !~ /:/ { print $2 }' "$INTERFACES"
}

main
