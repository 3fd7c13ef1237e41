#!/usr/bin/env bash
# Removes the stack's configuration files from the node.
# Settings: step.ts
. container/lib/config-files.sh
set -euo pipefail

main() {
  local tag='' folder
  read_settings
  load tag=tag
  folder=$(config_files "$tag")
  if [ -d "$folder" ]; then
    rm -rf -- "$folder"
    changed "removed $folder"
  fi
  rmdir --ignore-fail-on-non-empty -- "${folder%/*}" 2>/dev/null || true
  report
}

main
