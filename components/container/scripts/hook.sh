#!/usr/bin/env bash
# The user's own script for a container, run on the host after everything else, with the CTID as argument.
# Settings: {ctid, tag, name, script, environment: {PHOENIX_…: value}, entry: the container's own entry}
set -euo pipefail

FOLDER=''

finish_hook() {
  local code=$?
  [ -z "$FOLDER" ] || rm -rf "$FOLDER"
  (exit "$code") || leave_step
}

main() {
  local name='' pair code=0
  enter_guest hook
  wake
  load name=name
  FOLDER=$(mktemp -d)
  trap finish_hook EXIT
  jq -r '.script' <<<"$SETTINGS" >"$FOLDER/$name"
  chmod 700 "$FOLDER/$name"
  jq '.entry' <<<"$SETTINGS" >"$FOLDER/container.json"
  while IFS= read -r pair; do export "${pair?}"; done < <(jq -r '.environment | to_entries[] | "\(.key)=\(.value)"' <<<"$SETTINGS")
  export PHOENIX_CONTAINER_FILE=$FOLDER/container.json
  "$FOLDER/$name" "$CTID" </dev/null 3>&- 4>&- 9>&- || code=$?
  case $code in
    0) ;;
    126) err "hook $name could not be run for CT $CTID: its first line names what is no program" ;;
    127) err "hook $name failed for CT $CTID: its first line, or one of its commands, names a program that $(hostname) does not have" ;;
    *) err "hook $name failed for CT $CTID with exit code $code" ;;
  esac
  changed "ran hook $name for CT $CTID"
  report
}

main
