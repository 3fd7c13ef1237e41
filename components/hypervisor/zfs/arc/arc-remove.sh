#!/usr/bin/env bash
# Restores the node's former limit of ZFS's cache.
. hypervisor/zfs/lib/report.sh
. hypervisor/zfs/arc/arc-file.sh
set -euo pipefail

main() {
  cat >/dev/null
  lock zfs 300
  if [ -e "$FILE" ]; then
    arc_stale
    remove_file "$FILE"
    changed "removed $FILE"
  fi
  if [ -e "$PHOENIX_STATE/arc-before" ]; then
    [ ! -e "$PARAMETER" ] || cat "$PHOENIX_STATE/arc-before" >"$PARAMETER"
    rm -f "$PHOENIX_STATE/arc-before"
  fi
  [ ! -e "$STALE" ] || refresh_initramfs
  finish
}

main
