#!/usr/bin/env bash
# Checks that a VMID is free or this stack's before the provider creates a machine there: the provider would adopt a
# foreign one as its own. Without a VMID in the entry it chooses the first free one from 9000, and keeps it for that name.
# Settings: step.ts
# Result: as every step's, with vmid.
. vm/lib/running.sh
set -euo pipefail

# guest_of VMID: the configuration of the guest that has it, on whatever node of the cluster; else the cluster's own list
# of ids, when that has it. False when nobody has it.
guest_of() {
  local conf
  for conf in /etc/pve/nodes/*/{qemu-server,lxc}/"$1".conf /etc/pve/{qemu-server,lxc}/"$1".conf; do
    [ ! -e "$conf" ] || { printf '%s\n' "$conf" && return 0; }
  done
  ! jq -e --arg id "$1" '.ids[$id]' /etc/pve/.vmlist >/dev/null 2>&1 || { printf '/etc/pve/.vmlist\n' && return 0; }
  return 1
}

# The VMID of this stack's machine of that name, for when the state or the reservation was lost.
own_by_name() {
  local conf id
  for conf in /etc/pve/qemu-server/*.conf; do
    [ -e "$conf" ] || continue
    id=$(basename "$conf" .conf)
    if [ "$(vm_value "$id" name)" = "$NAME" ] && conf_has_tag "$(vm_conf "$id")" "$TAG"; then
      printf '%s\n' "$id"
      return 0
    fi
  done
  return 1
}

# Whether a name has the id reserved. Temporary files of killed runs do not count.
is_reserved() { grep -rlxs --exclude='.phoenix.*' -- "$1" "$PHOENIX_STATE/vmids" >/dev/null; }

choose() {
  local id
  if [ -s "$(reservation_note)" ]; then
    cat "$(reservation_note)"
  elif ! own_by_name; then
    for ((id = 9000; id <= 999999999; id++)); do
      if guest_of "$id" >/dev/null || is_reserved "$id" || list taken | grep -Fx "$id" >/dev/null; then continue; fi
      printf '%s\n' "$id"
      return 0
    done
  fi
}

# A machine is locked while it is being created: its owner is known only afterwards.
creation_ended() { case $(vm_value "$VMID" lock) in create | clone) return 1 ;; esac; }

# Whether no task is creating the machine any more. A task outlives an interrupted run, and a clone's task has its source's
# id.
creation_task_ended() { creation_ended || ! tasks_at_work '.type | test("^(qmcreate|qmclone|qmrestore|imgcopy)$")'; }

# The note that a machine is being created, until it is configured: "TAG NAME", the storages that were searched, and the
# volumes of that id that existed before.
begun() { printf '%s/guests/vm-%s.begun\n' "$PHOENIX_STATE" "$VMID"; }

# volumes: `storage ID` for each storage of disks, and the volumes of that VMID on it: kept data of earlier machines.
volumes() {
  local storage list
  while read -r storage; do
    list=$(pvesm list "$storage" --vmid "$VMID" 2>/dev/null 9>&-) || continue
    printf 'storage %s\n' "$storage"
    awk 'NR > 1 { print $1 }' <<<"$list"
  done < <(pvesm status --content images 2>/dev/null 9>&- | awk 'NR > 1 && $3 == "active" { print $1 }')
}

# Whether an interrupted run left the machine incomplete. A clone has its source's settings from its first disk on, and is
# locked until the last. One without a lock and with this stack's tag is complete, and the provider goes on with it.
half_made() {
  local called
  called=$(vm_value "$VMID" name)
  [ "$(head -n 1 "$(begun)" 2>/dev/null)" = "$TAG $NAME" ] && [ "${called:-$NAME}" = "$NAME" ] && vm_stopped &&
    { ! creation_ended || [ -z "$(vm_value "$VMID" tags)" ]; }
}

clear_half_made() {
  local volume
  say "VM $VMID was left half made by a run that was cut off: recreated"
  creation_ended || qm unlock "$VMID" || true
  pve qm destroy "$VMID" --purge 1 ||
    err "VM $VMID ($NAME) was left half made and could not be removed; Proxmox VE's message is above"
  # A disk whose creation was interrupted is in no configuration.
  while IFS= read -r volume; do
    ! grep -Fx "storage ${volume%%:*}" "$(begun)" >/dev/null || grep -Fx -- "$volume" "$(begun)" >/dev/null ||
      pve pvesm free "$volume" || say "warning: $volume, left by a run that was cut off, could not be removed"
  done < <(volumes | grep -v '^storage ')
  changed "removed half-made VM $VMID"
}

require_free_or_ours() {
  local conf adopt=false
  conf=$(guest_of "$VMID") || return 0
  case $conf in
    */lxc/*)
      err "id $VMID is taken by CT '$(sed -n 's/^hostname: *//p;/^\[/q' "$conf")' on this cluster;" \
        "it was left untouched. Give $NAME another vmid."
      ;;
  esac
  vm_exists "$VMID" || err "id $VMID is taken by a guest of another node ($conf); it was left untouched. Give $NAME another vmid."
  if half_made; then
    wait_for 1800 creation_task_ended || err "VM $VMID ($NAME) is still being made by an earlier run after 1800 s; look at the node's tasks"
    if vm_exists "$VMID" && half_made; then clear_half_made; fi
    vm_exists "$VMID" || return 0
  fi
  wait_for 120 creation_ended ||
    err "VM $VMID is still being created by somebody; look at its task, or 'qm unlock $VMID && qm destroy $VMID'"
  if conf_has_tag "$(vm_conf)" "$TAG"; then
    [ "$(vm_value "$VMID" name)" = "$NAME" ] || is_renamed ||
      err "VM $VMID is this stack's, but it is '$(vm_value "$VMID" name)' and not $NAME; it was left untouched." \
        "Give $NAME another vmid."
    return 0
  fi
  if list adopt | grep -Fx "$VMID" >/dev/null; then adopt=true; fi
  require_or_take_over "$(vm_conf)" "$TAG" "$adopt"
}

# An entry with a VMID may change its name; a chosen VMID belongs to the name.
is_renamed() { given vmid; }

main() {
  need_cmd qm jq
  read_settings
  load VMID=vmid NAME=name TAG=tag
  lock vmids 300
  if [ -z "$VMID" ]; then
    VMID=$(choose)
    mkdir -p "$(dirname "$(reservation_note)")"
    if write_file "$(reservation_note)" 600 <<<"$VMID"; then changed "VMID $VMID is for $NAME"; fi
  fi
  mkdir -p "$PHOENIX_STATE/guests"
  refuse_moved "$(vm_conf)" "$NAME" "$TAG"
  require_free_or_ours
  vm_exists "$VMID" || write_file "$(begun)" 600 < <(printf '%s\n' "$TAG $NAME" && volumes) || true
  end_with "$(jq -cn --argjson vmid "$VMID" '{changed: ($ARGS.positional | length > 0), did: $ARGS.positional, vmid: $vmid}' \
    --args "${DID[@]}")"
}

main
