#!/usr/bin/env bash
# A machine's own firewall: /etc/pve/firewall/<VMID>.fw says exactly what the entry says.
# Settings: step.ts
. vm/lib/running.sh
. guest/lib/firewall.sh
set -euo pipefail

main() {
  enter_vm firewall
  ensure_firewall "$VMID" "VM $VMID"
}

main
