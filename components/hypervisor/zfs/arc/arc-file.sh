#!/usr/bin/env bash
# The file with the limit of ZFS's cache, and the initramfs, which has its own copy.

# shellcheck disable=SC2034 # read by what sources this file
PARAMETER=/sys/module/zfs/parameters/zfs_arc_max
# modprobe reads the folder in the order of names and the last value counts: zz- comes after the
# zfs.conf that the installer of Proxmox VE writes.
# shellcheck disable=SC2034 # read by what sources this file
FILE=/etc/modprobe.d/zz-phoenix-zfs.conf
# This note exists while the initramfs may still have the former limit.
STALE="$PHOENIX_STATE/arc-initramfs-stale"

arc_stale() {
  mkdir -p "$PHOENIX_STATE"
  : >"$STALE"
}

refresh_initramfs() {
  # It counts where the root file system is on ZFS.
  update-initramfs -u 9>&- || err "update-initramfs failed; its messages are above"
  rm -f "$STALE"
}
