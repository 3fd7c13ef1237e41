#!/usr/bin/env bash
# Destroys a dataset with its data: only for one with destroy_on_teardown, and only when nothing else is in it.
# Settings: step.ts
. hypervisor/zfs/lib/inside.sh
set -euo pipefail

main() {
  need_cmd zfs
  read_settings
  local name=''
  load name=name
  lock zfs 300
  if has zfs "$name"; then
    refuse_wanted dataset "$name"
    refuse_foreign dataset "$name"
    zfs destroy "$name" || err "dataset $name could not be destroyed; the message of zfs is above, and its data is still there"
    changed "destroyed dataset $name"
  fi
  finish
}

main
