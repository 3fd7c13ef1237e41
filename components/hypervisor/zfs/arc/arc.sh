#!/usr/bin/env bash
# The most memory that ZFS may use for its cache: set live, and for the next boots.
# Settings: step.ts
. hypervisor/zfs/lib/report.sh
. hypervisor/zfs/arc/arc-file.sh
set -euo pipefail

write_limit() {
  arc_stale
  write_file "$FILE" < <(printf '# Written by Phoenix from zfs.arc_max_gb.\noptions zfs zfs_arc_max=%s\n' "$1") || true
  changed "wrote $FILE"
}

set_limit() {
  [ -e "$PHOENIX_STATE/arc-before" ] || cat "$PARAMETER" >"$PHOENIX_STATE/arc-before"
  printf '%s\n' "$1" >"$PARAMETER" || err "the kernel refused $1 for zfs_arc_max"
  [ "$(cat "$PARAMETER")" = "$1" ] || err "the kernel kept $(cat "$PARAMETER") for zfs_arc_max and refused $1"
}

main() {
  read_settings
  local gib='' bytes memory now limit
  load gib=arcMaxGb
  bytes=$((gib * 1024 * 1024 * 1024))
  memory=$(($(awk '/^MemTotal:/ { print $2 }' /proc/meminfo) * 1024))
  lock zfs 300
  [ -e "$PARAMETER" ] || err "the zfs kernel module is not loaded ($PARAMETER is missing)"
  if [ "$memory" -le "$bytes" ]; then
    warn "arc_max_gb is $gib GiB, and this node has $((memory / 1024 / 1024)) MiB of memory: ZFS ignores such a limit"
  elif [ "$memory" -lt $((bytes * 2)) ]; then
    warn "arc_max_gb is $gib GiB, more than half of this node's memory ($((memory / 1024 / 1024)) MiB)"
  fi
  now=$(sed -n 's/^options zfs zfs_arc_max=//p' "$FILE" 2>/dev/null | tail -n 1) || true
  [ "$now" = "$bytes" ] || mend "$FILE zfs_arc_max" "${now:-missing}" "$bytes" write_limit "$bytes"
  if ! looking && [ -e "$STALE" ]; then
    refresh_initramfs
    changed "initramfs rebuilt"
  fi
  now=$(cat "$PARAMETER")
  [ "$now" = "$bytes" ] || repair "zfs_arc_max" "$now" "$bytes" set_limit "$bytes"
  if [ "$memory" -gt "$bytes" ] && [ -r /proc/spl/kstat/zfs/arcstats ]; then
    limit=$(awk '$1 == "c_max" { print $3 }' /proc/spl/kstat/zfs/arcstats)
    [ "$limit" = "$bytes" ] || warn "ZFS keeps its cache limit at $limit bytes although zfs_arc_max is $bytes"
  fi
  finish
}

main
