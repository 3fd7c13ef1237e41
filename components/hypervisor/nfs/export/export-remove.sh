#!/usr/bin/env bash
# Removes one export; the folder and its contents stay.
# Settings: step.ts
. hypervisor/lib/sharing.sh
. hypervisor/nfs/export/export-lines.sh
set -euo pipefail

main() {
  read_settings
  local name='' path='' file
  load name=name path=path
  file=$(export_file "$name")
  lock nfs 300
  if [ -e "$file" ] && head -n 1 "$file" | grep '^# Written by Phoenix' >/dev/null; then
    remove_file "$file"
    changed "removed $file"
  fi
  if command -v exportfs >/dev/null && { [ "${#DID[@]}" -gt 0 ] || [ -n "$(exported "$path")" ]; }; then
    exports_again "$path"
  fi
  finish
}

main
