#!/usr/bin/env bash
# The most memory ZFS may use for its cache: live, and kept over a reboot.
# Settings: {arcMaxGb}
set -euo pipefail

PARAMETER=/sys/module/zfs/parameters/zfs_arc_max
# modprobe reads the folder in the order of names and the last value counts: zz- comes after the
# zfs.conf that the installer of Proxmox VE writes.
FILE=/etc/modprobe.d/zz-phoenix-zfs.conf

main() {
  read_settings
  local gib='' bytes memory now
  load gib=arcMaxGb
  bytes=$((gib * 1024 * 1024 * 1024))
  memory=$(($(awk '/^MemTotal:/ { print $2 }' /proc/meminfo) * 1024))
  [ "$memory" -ge $((bytes * 2)) ] ||
    say "warning: arc_max_gb is $gib GiB, more than half of this node's memory ($((memory / 1024 / 1024)) MiB)"
  lock zfs 300
  [ -e "$PARAMETER" ] || err "the zfs kernel module is not loaded ($PARAMETER is missing)"
  now=$(cat "$PARAMETER")
  [ -e "$PHOENIX_STATE/arc-before" ] || printf '%s\n' "$now" >"$PHOENIX_STATE/arc-before"
  if write_file "$FILE" < <(printf '# Written by Phoenix from zfs.arc_max_gb.\noptions zfs zfs_arc_max=%s\n' "$bytes"); then
    changed "wrote $FILE"
    # The initramfs carries its own copy, which counts where the root file system is on ZFS.
    update-initramfs -u >&2 || err "update-initramfs failed; its messages are above"
  fi
  if [ "$now" != "$bytes" ]; then
    printf '%s\n' "$bytes" >"$PARAMETER"
    changed "zfs_arc_max $now -> $bytes"
  fi
  report
}

main
