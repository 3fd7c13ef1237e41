#!/usr/bin/env bash
# An export of this node as a storage of Proxmox VE: added once the server shows the export, or its settings changed.
# Settings: step.ts
. hypervisor/lib/sharing.sh
. hypervisor/zfs/lib/stored.sh
set -euo pipefail

# Not through a pipe: a reader that ends early would end the writer with an error.
shown() {
  local list
  list=$(showmount --no-headers --exports "$1" 2>/dev/null) && grep -Eq "^$2[[:space:]]" <<<"$list"
}

add_storage() {
  local id=$1 server=$2 path=$3 content=$4 options=$5 folder
  wait_for 20 shown "$server" "$path" ||
    err "the NFS server at $server does not show $path after 20 s; see 'showmount -e $server' and 'systemctl status nfs-server' on the node"
  # Proxmox VE makes these through the mount, where root may be nobody.
  for folder in images template/iso template/cache dump snippets; do mkdir -p -- "$path/$folder"; done
  install -d -m 750 "$PHOENIX_STATE/storages"
  : >"$PHOENIX_STATE/storages/$id"
  pve pvesm add nfs "$id" --server "$server" --export "$path" --content "$content" --options "$options" ||
    err "storage $id could not be added; Proxmox VE's message is above"
  changed "added storage $id (nfs, $server:$path)"
}

main() {
  need_cmd pvesm showmount
  read_settings
  local id='' server='' path='' content='' options='' now
  load id=id server=server path=path options=options
  content=$(list content | paste -sd,)
  lock storage 300
  read_stored "$id"
  now=$(stored type)
  if [ -z "$now" ]; then
    mend "storage $id" missing "nfs on $server:$path" add_storage "$id" "$server" "$path" "$content" "$options"
  elif [ "$now" != nfs ] || [ "$(stored server)" != "$server" ] || [ "$(stored export)" != "$path" ]; then
    now="$now on $(stored server):$(stored export)$(stored path)"
    err "storage $id already exists as $now, not as nfs on $server:$path; it was left untouched:" \
      "remove it by hand ('pvesm remove $id' keeps its data), or export a folder of another name"
  else
    ensure_content "$id" "$content"
    now=$(stored options)
    [ "$now" = "$options" ] || repair "storage $id options" "${now:-none}" "$options" pve pvesm set "$id" --options "$options"
  fi
  finish
}

main
