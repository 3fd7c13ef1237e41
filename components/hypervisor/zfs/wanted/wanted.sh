#!/usr/bin/env bash
# Notes that a pool or dataset with destroy_on_teardown is wanted. A teardown, or a removed entry, deletes this step first;
# a replacement of the pool's step does not, and must not destroy data.
# Settings: step.ts
. hypervisor/zfs/lib/inside.sh
set -euo pipefail

note_wanted() {
  mkdir -p "$PHOENIX_STATE/zfs/wanted"
  write_file "$(wanted_note "$1")" 600 <<<"$1" || true
  changed "noted that $1 is wanted"
}

main() {
  read_settings
  local name=''
  load name=name
  same_text "$(wanted_note "$name")" <<<"$name" || mend "$(wanted_note "$name")" "$FILE_STATE" "$AS_WRITTEN" note_wanted "$name"
  finish
}

main
