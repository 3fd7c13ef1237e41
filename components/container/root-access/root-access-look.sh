#!/usr/bin/env bash
# Looks who may log in to a container as its root, and changes nothing. One that does not run is not looked at, nor one that
# does not answer.
# Settings: step.ts
. container/lib/look.sh
. container/root-access/account.sh
set -euo pipefail

main() {
  local hash='' line
  look_at_guest
  load hash=passwordHash
  if seen_running pct "$CTID" && read_root; then
    while IFS= read -r line; do
      has_key "$(material_of "$line")" || differs "CT $CTID root_ssh_keys" "without $(short_key "$line")" 'with it'
    done < <(list keys)
    [ -z "$hash" ] || [ "$hash" = "$ROOT_HASH" ] || differs "CT $CTID root_password_hash" 'another one' 'that of the entry'
  fi
  finish_look
}

main
