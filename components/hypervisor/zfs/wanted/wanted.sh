#!/usr/bin/env bash
# Notes that a pool or dataset with destroy_on_teardown is wanted. A teardown, and a line that is taken out, delete this
# step first; a replacement does not, and must not destroy data.
# Settings: step.ts
. hypervisor/zfs/lib/inside.sh
set -euo pipefail

main() {
  read_settings
  local name=''
  load name=name
  mkdir -p "$PHOENIX_STATE/zfs/wanted"
  if write_file "$(wanted_note "$name")" 600 <<<"$name"; then changed "noted that $name is wanted"; fi
  finish
}

main
