#!/usr/bin/env bash
# Takes a storage that was added by us out of Proxmox VE again. The dataset and its data stay.
# Settings: step.ts
. hypervisor/zfs/lib/report.sh
. hypervisor/zfs/lib/stored.sh
set -euo pipefail

main() {
  read_settings
  local id='' users
  load id=id
  lock "storage" 300
  users=$(users_of "$id" | joined)
  if [ ! -e "$PHOENIX_STATE/storages/$id" ]; then
    say "storage $id was there before us: kept"
  elif [ -n "$users" ]; then
    warn "storage $id is still used by $users: kept"
  else
    if [ -n "$(stored "$id" type)" ]; then
      pve pvesm remove "$id" || err "storage $id could not be removed; Proxmox VE's message is above"
      changed "removed storage $id; its data stays"
    fi
    rm -f "$PHOENIX_STATE/storages/$id"
  fi
  finish
}

main
