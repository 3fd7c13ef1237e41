#!/usr/bin/env bash
# Removes a storage that was added by us from Proxmox VE and unmounts it. The export and its data stay.
# Settings: step.ts
. hypervisor/zfs/lib/stored.sh
set -euo pipefail

# unmount ID: Proxmox VE leaves it mounted, and every access to a mount of a removed export hangs.
unmount() {
  if findmnt -n "/mnt/pve/$1" >/dev/null; then
    umount "/mnt/pve/$1" || umount -l "/mnt/pve/$1" || warn "/mnt/pve/$1 could not be unmounted"
  fi
  rmdir "/mnt/pve/$1" 2>/dev/null || true
}

main() {
  read_settings
  local id=''
  load id=id
  lock storage 300
  take_out "$id" unmount
  finish
}

main
