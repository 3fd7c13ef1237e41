#!/usr/bin/env bash
# ufw as it was: off when it was off, without the rules of the host's set-up.
. hypervisor/lib/firewall.sh
set -euo pipefail

main() {
  cat >/dev/null
  lock host-firewall 120
  if firewall_there; then
    # Off before the way in for SSH goes.
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
