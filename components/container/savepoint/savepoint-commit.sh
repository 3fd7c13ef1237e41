#!/usr/bin/env bash
# The end of a run for a container, or of its savepoints: what was changed stays, and there is no way back any more.
# Settings: step.ts
. container/lib/rollback.sh
set -euo pipefail

main() {
  enter_guest commit
  # The note first: without it nothing goes back, whatever happens to the snapshot.
  remove_file "$(savepoint_note)"
  drop_savepoint || err "snapshot $SAVEPOINT of CT $CTID could not be removed; Proxmox VE's message is above"
  report
}

main
