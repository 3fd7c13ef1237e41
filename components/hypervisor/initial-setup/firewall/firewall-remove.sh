#!/usr/bin/env bash
# Restores ufw: switched off when it was off before, and without the rules of the host's set-up.
. hypervisor/lib/firewall.sh
set -euo pipefail

main() {
  cat >/dev/null
  lock host-firewall 120
  if firewall_there; then
    # Switched off before the rule for SSH is removed.
    if [ -e "$PHOENIX_STATE/ufw-was-off" ] && grep -q '^Status: active' <<<"$(firewall_ufw status)"; then
      firewall_ufw --force disable >/dev/null
      changed "switched ufw off"
    fi
    firewall_forget host
  fi
  rm -f "$PHOENIX_STATE/ufw-was-off"
  report
}

main
