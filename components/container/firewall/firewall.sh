#!/usr/bin/env bash
# A container's own firewall: /etc/pve/firewall/<CTID>.fw says exactly what the entry says.
# Settings: step.ts
. container/lib/rollback.sh
. guest/lib/firewall.sh
set -euo pipefail

main() {
  enter_guest firewall
  ensure_firewall "$CTID" "CT $CTID"
}

main
