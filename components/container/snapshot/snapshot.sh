#!/usr/bin/env bash
# The snapshot that clones of this container are made from. It is taken again, under the same name, when what is installed
# has changed, unless a linked clone or a later snapshot depends on it.
# Settings: step.ts
. container/lib/rollback.sh
. container/lib/snapshots.sh
set -euo pipefail

# later_than NAME: snapshots whose parent it is, without the savepoint of the run.
later_than() {
  awk -v name="$1" '/^\[/ { section = substr($0, 2, length($0) - 2) } /^parent:/ && $2 == name && section != "" && section != "phoenix-savepoint" { print section }' "$(guest_conf "$CTID")"
}

# linked_clones NAME: datasets that share blocks with the snapshot of the root disk.
linked_clones() {
  local volume path dataset
  volume=$(guest_value "$CTID" rootfs)
  path=$(pvesm path "${volume%%,*}") || return 0
  dataset=$(zfs list -H -o name "$path" 2>/dev/null) || return 0
  zfs get -H -o value clones "$dataset@$1" 2>/dev/null | grep -vx -e '-' -e '' || true
}

take() {
  local folders
  folders=$(host_folders "$CTID")
  [ -z "$folders" ] ||
    err "snapshot '$1' of CT $CTID cannot be made: Proxmox VE takes none while folders of the host are mounted ($folders)." \
      "Take their mounts out of this container; its clones may have them"
  pve pct snapshot "$CTID" "$1" --description "made by Phoenix for clones" ||
    err "snapshot '$1' of CT $CTID could not be made; Proxmox VE's message is above"
}

# made_from_it: CTIDs of this stack's containers that were cloned from the snapshot, as their clone step noted.
made_from_it() { grep -lx -- "$CTID" "$PHOENIX_STATE"/guests/*.source 2>/dev/null | sed 's,.*/,,; s,\.source$,,' | sort -n | paste -sd' ' || true; }

renew() {
  local name=$1 kept clones
  kept=$(later_than "$name"; linked_clones "$name")
  clones=$(made_from_it)
  if [ -n "$kept" ]; then
    say "warning: CT $CTID has changed since snapshot '$name', which stays because of $(paste -sd' ' <<<"$kept"): new clones are made from the old state"
    return 0
  fi
  delete_to_renew "$name"
  take "$name"
  changed "took snapshot '$name' of CT $CTID again${clones:+; made from the earlier one, and behind it now: CT $clones}"
}

main() {
  local name='' digest=''
  enter_guest snapshot
  load name=name digest=digest
  ensure_snapshot "$name" "$PHOENIX_STATE/guests/$CTID.snapshot" "$name $digest" take renew
  report
}

main
