#!/usr/bin/env bash
# Gives ZFS back the cache limit that the node had before.
set -euo pipefail

PARAMETER=/sys/module/zfs/parameters/zfs_arc_max
FILE=/etc/modprobe.d/zz-phoenix-zfs.conf

main() {
  cat >/dev/null
  lock zfs 300
  if [ -e "$FILE" ]; then
    rm -f "$FILE"
    changed "removed $FILE"
    update-initramfs -u >&2 || say "warning: update-initramfs failed; the limit stays in the initramfs"
  fi
  if [ -e "$PHOENIX_STATE/arc-before" ]; then
    [ ! -e "$PARAMETER" ] || cat "$PHOENIX_STATE/arc-before" >"$PARAMETER"
    rm -f "$PHOENIX_STATE/arc-before"
  fi
  report
}

main
