#!/usr/bin/env bash
# The container's firewall file as it was before these files wrote it.
# Settings: step.ts
. container/lib/running.sh
. guest/lib/firewall.sh
set -euo pipefail

main() {
  read_settings
  load CTID=ctid
  lock "guest-$CTID" 600
  take_firewall_back "$CTID" "CT $CTID" "$(guest_conf "$CTID")"
}

main
