#!/usr/bin/env bash
# Removes a storage that was added by us from Proxmox VE. The dataset and its data stay.
# Settings: step.ts
. hypervisor/zfs/lib/stored.sh
set -euo pipefail

main() {
  read_settings
  local id=''
  load id=id
  lock storage 300
  take_out "$id" :
  finish
}

main
