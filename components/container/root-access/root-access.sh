#!/usr/bin/env bash
# Who may log in to a container as its root: keys of its entry beside those of others, and a password.
# Settings: step.ts
. container/lib/rollback.sh
. container/root-access/account.sh
set -euo pipefail

main() {
  local hash=''
  local -a keys=()
  enter_guest root-access
  load hash=passwordHash
  mapfile -t keys < <(list keys)
  wake
  read_root || err "CT $CTID: its root's keys could not be read; does it run? ('pct status $CTID')"
  read_note
  settle_keys "${keys[@]}"
  settle_password "$hash"
  write_note
  report
}

main
