#!/usr/bin/env bash
# Destroys a pool with the files in its root: only for one with destroy_on_teardown, when no dataset is left in
# it. Until its disks are used again, 'zpool import -D' brings it back.
# Settings: step.ts
. hypervisor/zfs/pool/members.sh
. hypervisor/zfs/lib/inside.sh
. hypervisor/zfs/pool/scrub.sh
set -euo pipefail

main() {
  need_cmd zpool zfs
  read_settings
  local name=''
  load name=name
  lock zfs 300
  if has zpool "$name"; then
    check_members "$name"
    refuse_wanted pool "$name"
    refuse_foreign pool "$name"
    install -d -m 750 "$PHOENIX_STATE/zfs"
    # This note lets a later run use the disks again, which keep the pool's labels.
    zpool get -H -o value guid "$name" >"$PHOENIX_STATE/zfs/$name.destroyed"
    zpool destroy "$name" || err "pool $name could not be destroyed; the message of zpool is above, and its data is still there"
    changed "destroyed pool $name"
  fi
  drop_scrub "$name"
  finish
}

main
