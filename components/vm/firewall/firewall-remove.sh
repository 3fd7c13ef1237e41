#!/usr/bin/env bash
# The machine's firewall file as it was before these files wrote it.
# Settings: step.ts
. vm/lib/running.sh
. guest/lib/firewall.sh
set -euo pipefail

main() {
  read_settings
  load VMID=vmid
  lock "guest-$VMID" 600
  take_firewall_back "$VMID" "VM $VMID" "$(vm_conf)"
}

main
