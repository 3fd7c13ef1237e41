#!/usr/bin/env bash
# The end of a container's run: its changes are kept, and the savepoint is removed.
# Settings: step.ts
. container/lib/rollback.sh
set -euo pipefail

main() {
  enter_guest commit
  # The note first: without it nothing is rolled back, whatever happens to the snapshot.
  remove_file "$(savepoint_note)"
  drop_savepoint || err "snapshot $SAVEPOINT of CT $CTID could not be removed; Proxmox VE's message is above"
  report
}

main
