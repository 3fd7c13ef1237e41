#!/usr/bin/env bash
# The pool that a container is a member of.
# Settings: step.ts
. container/lib/rollback.sh
. guest/lib/pool.sh
set -euo pipefail

main() {
  enter_guest pool
  ensure_pool "$CTID" "CT $CTID" "$PHOENIX_STATE/guests/$CTID.pool"
  report
}

main
