#!/usr/bin/env bash
# The backups of a guest, on every storage of the node that holds some, newest first.
# Settings: ListSettings in ../settings.ts. Result: {"backups": [Backup]}
set -euo pipefail

main() {
  need_cmd pvesh pvesm jq
  read_settings
  local id='' kind='' type=lxc storage found all='[]'
  load id=id kind=kind
  [ "$kind" = CT ] || type=qemu
  while IFS= read -r storage; do
    found=$(LC_ALL=C.UTF-8 pvesh get "/nodes/$(hostname)/storage/$storage/content" --content backup --vmid "$id" --output-format json) ||
      err "storage $storage does not tell its backups; Proxmox VE's message is above"
    all=$(jq -cs add <<<"$all ${found:-[]}")
  done < <(pvesm status --content backup --enabled 1 | awk 'NR > 1 && $3 == "active" { print $1 }')
  end_with "{\"backups\":$(jq -c --arg type "$type" 'map(select((.subtype // $type) == $type)
    | {volid, time: .ctime, size, notes: (.notes // ""), protected: ((.protected // 0) == 1)}) | sort_by(-.time)' <<<"$all")}"
}

main
