#!/usr/bin/env bash
# Unregisters the stack from the node: another one may set the host up now.
# Settings: step.ts
set -euo pipefail

# forget_applied TAG: notes of steps that have no removal.
forget_applied() {
  local folder
  rm -rf -- "$PHOENIX_STATE/applied/$1"
  for folder in "$PHOENIX_STATE/applied"/*/; do
    [ ! -d "$folder" ] || return 0
  done
  rm -rf -- "$PHOENIX_STATE/applied"
}

main() {
  local tag=''
  read_settings
  load tag=tag
  lock host-owner 60
  if [ "$(host_holder)" = "$tag" ]; then
    remove_file "$PHOENIX_STATE/host-owner"
    changed "$(hostname) is free for another stack"
  fi
  if [ -e "$PHOENIX_STATE/stacks/$tag" ]; then
    remove_file "$PHOENIX_STATE/stacks/$tag"
    changed "this stack is no longer registered on $(hostname)"
  fi
  forget_applied "$tag"
  report
}

main
