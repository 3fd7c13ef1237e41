#!/usr/bin/env bash
# Removes the note: the pool or dataset is not wanted any more, and the removal of its own step may destroy it.
# Settings: step.ts
. hypervisor/zfs/lib/inside.sh
set -euo pipefail

main() {
  read_settings
  local name=''
  load name=name
  remove_file "$(wanted_note "$name")"
  finish
}

main
