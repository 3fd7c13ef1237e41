#!/usr/bin/env bash
# Takes a storage that was added by us out of Proxmox VE again. The dataset and its data stay.
# Settings: {id}
set -euo pipefail

main() {
  read_settings
  local id='' users
  load id=id
  lock "storage" 300
  if [ ! -e "$PHOENIX_STATE/storages/$id" ]; then
    say "storage $id was there before us: kept"
  elif users=$(grep -lsE "^[a-z]+[0-9]*: $id:" /etc/pve/lxc/*.conf /etc/pve/qemu-server/*.conf); then
    say "storage $id is still used by $(xargs -n1 basename <<<"$users" | sed 's/\.conf$//' | paste -sd, -): kept"
  else
    if grep -Eq "^[a-z]+:[[:space:]]+$id\$" /etc/pve/storage.cfg; then
      pve pvesm remove "$id"
      changed "removed storage $id; its data stays"
    fi
    rm -f "$PHOENIX_STATE/storages/$id"
  fi
  report
}

main
