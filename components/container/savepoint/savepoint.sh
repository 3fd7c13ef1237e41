#!/usr/bin/env bash
# Saves the state of a container before the run changes it; see rollback.sh. It runs before all other steps of a container
# whenever one of them will run, and savepoint-commit.sh removes the savepoint after the last one.
# Settings: step.ts
# The result has the savepoint's id besides: savepoint-commit.sh runs again when it differs.
. container/lib/rollback.sh
set -euo pipefail

# text_of FILE: its text as JSON, or null.
text_of() { if [ -e "$1" ]; then jq -Rs . <"$1"; else echo null; fi; }

# take_snapshot: prints the reason where none can be taken.
take_snapshot() {
  local folders from
  folders=$(host_folders "$CTID")
  if [ -n "$folders" ]; then
    printf 'no snapshot while folders of the host are mounted: %s\n' "$folders"
    return 0
  fi
  from=$(wc -l <"$LOG")
  if ! pve pct snapshot "$CTID" "$SAVEPOINT" --description "made by Phoenix: before the run that is under way"; then
    tail -n "+$((from + 1))" "$LOG" | grep -Fx 'snapshot feature is not available' >/dev/null ||
      err "CT $CTID: its state could not be noted; Proxmox VE's message is above. Nothing was changed"
    printf 'storage %s has no snapshots\n' "$(guest_value "$CTID" rootfs | cut -d : -f 1)"
  fi
}

take() {
  local why conf running=false
  drop_savepoint
  if guest_running "$CTID"; then running=true; fi
  why=$(take_snapshot) || failed_inside
  conf=$(sed '/^\[/,$d' "$(guest_conf "$CTID")")
  write_file "$(savepoint_note)" 600 < <(jq -n --arg id "$(new_incarnation)" --arg why "$why" --arg conf "$conf" \
    --argjson running "$running" \
    --argjson raw "$(text_of "$PHOENIX_STATE/guests/$CTID.raw")" \
    --argjson mounts "$(text_of "$PHOENIX_STATE/guests/$CTID.mounts")" \
    --argjson options "$(text_of "$PHOENIX_STATE/guests/$CTID.options")" \
    --argjson mountOptions "$(text_of "$PHOENIX_STATE/guests/$CTID.mount-options")" \
    --argjson firewall "$(text_of "/etc/pve/firewall/$CTID.fw")" \
    '{$id, $running, snapshot: ($why == ""), $why, $conf, $raw, $mounts, $options, $mountOptions, $firewall}') || true
  changed "CT $CTID: noted its state${why:+ without what is on its disks ($why)}"
}

report_savepoint() {
  end_with "$(jq -cn --arg id "$1" '{changed: ($ARGS.positional | length > 0), did: $ARGS.positional, savepoint: $id}' --args "${DID[@]}")"
}

# nothing_there: for a container that somebody deleted; the next step recreates it.
nothing_there() {
  remove_file "$(savepoint_note)"
  rm -f "$(going_back)"
  report_savepoint none
  exit 0
}

main() {
  enter_guest savepoint nothing_there
  # A savepoint that is there already belongs to an interrupted run, which goes on now: it stays.
  [ -e "$(savepoint_note)" ] || take
  report_savepoint "$(noted .id)"
}

main
