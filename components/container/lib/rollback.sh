#!/usr/bin/env bash
# When a step fails, its container is rolled back to the savepoint of the run, if there is one
# (behavior.rollback_on_failure). The savepoint is a snapshot, where there can be one, and a note with the
# configuration. Afterwards the container has another incarnation tag, so that the next run does all its steps again.
. container/lib/merged-conf.sh
. container/lib/running.sh

SAVEPOINT=phoenix-savepoint
# shellcheck disable=SC2034 # guest.sh calls them
BEFORE_STEP=finish_roll_back AFTER_FAILURE=try_roll_back

# The note: {id, running: bool, snapshot: bool, why: "" or why there is no snapshot, conf, raw, mounts, options, mountOptions, firewall};
# the last five are texts, or null for a file that was not there.
savepoint_note() { printf '%s/guests/%s.savepoint\n' "$PHOENIX_STATE" "$CTID"; }

# This note exists while a roll-back is going on.
going_back() { printf '%s/guests/%s.going-back\n' "$PHOENIX_STATE" "$CTID"; }

noted() { jq -r "$1" "$(savepoint_note)"; }

# finish_roll_back: completes an interrupted roll-back before the step does anything.
finish_roll_back() {
  if [ ! -e "$(going_back)" ] || [ ! -e "$(savepoint_note)" ]; then
    rm -f "$(going_back)"
    return 0
  fi
  roll_back
  err "CT $CTID was being brought back when a run was cut off; that is done now. Run again"
}

# try_roll_back: after a step that failed. If the roll-back fails, it says so, and the next run tries again.
try_roll_back() {
  local back
  # In a subshell of its own: `set -e` has no effect inside a condition.
  set +e
  (
    set -e
    roll_back
  )
  back=$?
  [ "$back" -eq 0 ] || roll_back_failed
}

roll_back_failed() {
  say "CT $CTID could not be brought back to its state before this run; the next run tries again." \
    "To keep it as it is: rm -f $(savepoint_note) $(going_back)"
}

# drop_savepoint: removes the snapshot, also an incomplete one.
drop_savepoint() {
  conf_has_snapshot "$(guest_conf "$CTID")" "$SAVEPOINT" || return 0
  if [ -n "$(conf_snapshot "$(guest_conf "$CTID")" "$SAVEPOINT")" ]; then
    clear_snapshot "$CTID" "$SAVEPOINT"
  else
    pve pct delsnapshot "$CTID" "$SAVEPOINT"
  fi
}

# lifecycle_note NAME: exists while we have such a snapshot of a stage of the container's life, with a digest of what was
# installed before.
lifecycle_note() { printf '%s/guests/%s.snapshot-%s\n' "$PHOENIX_STATE" "$CTID" "$1"; }

# drop_later: ZFS rolls back to the newest snapshot only. Removes those of ours, which this run took and the next takes again;
# any other snapshot stays, and is printed.
drop_later() {
  local newest own
  if ! conf_has_snapshot "$(guest_conf "$CTID")" "$SAVEPOINT"; then
    printf 'snapshot %s is gone\n' "$SAVEPOINT"
    return 0
  fi
  own=$(cut -d ' ' -f 1 "$PHOENIX_STATE/guests/$CTID.snapshot" 2>/dev/null) || own=''
  newest=$(guest_value "$CTID" parent)
  while [ "$newest" = "${own:-$SAVEPOINT}" ] || [ -e "$(lifecycle_note "$newest")" ]; do
    [ "$newest" != "$SAVEPOINT" ] || break
    pve pct delsnapshot "$CTID" "$newest" || break
    if [ "$newest" = "$own" ]; then remove_file "$PHOENIX_STATE/guests/$CTID.snapshot"; else remove_file "$(lifecycle_note "$newest")"; fi
    newest=$(guest_value "$CTID" parent)
  done
  [ "$newest" = "$SAVEPOINT" ] || printf 'snapshot %s is newer\n' "$newest"
}

# volume_sizes: present sizes of the container's volumes, `VOLUME BYTES` a line. A roll-back shrinks none.
volume_sizes() {
  local storage
  while read -r storage; do
    pvesm list "$storage" --vmid "$CTID" | awk 'NR > 1 { print $1, $4 }'
  done < <(sed '/^\[/,$d' "$(guest_conf "$CTID")" | sed -nE 's/^(rootfs|mp[0-9]+|unused[0-9]+): *(volume=)?([^\/:,]+):.*/\3/p' | sort -u)
}

# put_back FILE KEY: restores a file of the container from the note.
put_back() {
  if [ "$(noted "$2 == null")" = true ]; then
    remove_file "$1"
  else
    write_file "$1" 640 < <(noted "$2") || true
  fi
}

roll_back() {
  local lost='' tags conf
  if [ ! -e "$(savepoint_note)" ] || ! guest_exists "$CTID"; then
    remove_file "$(savepoint_note)"
    return 0
  fi
  : >"$(going_back)"
  say "CT $CTID goes back to its state before this run"
  case $(guest_value "$CTID" lock) in rollback | snapshot | snapshot-delete) pct unlock "$CTID" || true ;; esac
  ! guest_running "$CTID" || pve pct shutdown "$CTID" --timeout 60 --forceStop 1
  lost=$(noted .why)
  [ "$(noted .snapshot)" != true ] || lost=$(drop_later)
  [ -n "$lost" ] || pve pct rollback "$CTID" "$SAVEPOINT"
  tags="$(noted .conf | sed -n '/^\[/q; s/^tags: *//p' | tr ';' '\n' | grep -v "^$TAG+" | paste -sd ';' -);$TAG+$(new_incarnation)"
  conf=$(merged_conf "$(guest_conf "$CTID")" "$(noted .conf)" "$tags" "$(volume_sizes)")
  lock_conf "$(guest_conf "$CTID")"
  write_file "$(guest_conf "$CTID")" 640 <<<"$conf" || true
  exec 7>&-
  put_back "$PHOENIX_STATE/guests/$CTID.raw" .raw
  put_back "$PHOENIX_STATE/guests/$CTID.mounts" .mounts
  put_back "$PHOENIX_STATE/guests/$CTID.options" .options
  put_back "$PHOENIX_STATE/guests/$CTID.mount-options" .mountOptions
  # Some of its mounts may be missing now.
  rm -f "$(standing_note "$CTID")"
  put_back "/etc/pve/firewall/$CTID.fw" .firewall
  rm -f "$PHOENIX_STATE/guests/$CTID.restart"
  drop_savepoint
  if [ "$(noted .running)" = true ]; then
    pve pct start "$CTID" || say "warning: CT $CTID does not start again; Proxmox VE's message is above"
  fi
  remove_file "$(savepoint_note)"
  rm -f "$(going_back)"
  if [ -z "$lost" ]; then
    say "CT $CTID is as it was before this run; the next run does all its steps again"
  else
    say "CT $CTID has its configuration of before this run; what is on its disks could not be brought back ($lost)." \
      "The next run does all its steps again"
  fi
}

new_incarnation() { od -An -N4 -tx1 /dev/urandom | tr -d ' \n'; }
