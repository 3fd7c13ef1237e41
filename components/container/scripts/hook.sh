#!/usr/bin/env bash
# The user's own script for a container, run on the host after everything else, with the CTID as argument.
# Settings: {ctid, name, script, environment: {PHOENIX_…: value}}
set -euo pipefail

main() {
  read_settings
  local ctid='' name='' folder log pair code=0
  load ctid=ctid name=name
  lock "guest-$ctid" 600
  log=$PHOENIX_LOGS/$name.log
  folder=$(mktemp -d)
  # shellcheck disable=SC2064 # the folder of now is meant
  trap "rm -rf '$folder'" EXIT
  jq -r '.script' <<<"$SETTINGS" >"$folder/$name"
  chmod 700 "$folder/$name"
  while IFS= read -r pair; do export "${pair?}"; done < <(jq -r '.environment | to_entries[] | "\(.key)=\(.value)"' <<<"$SETTINGS")
  printf '== %s %s\n' "$(date -u +%FT%TZ)" "$name $ctid" >>"$log"
  "$folder/$name" "$ctid" >>"$log" 2>&1 </dev/null 3>&- 9>&- || code=$?
  if [ "$code" -ne 0 ]; then
    tail -n 20 "$log" >&2
    err "hook $name failed for CT $ctid with exit code $code; all of its output is in $log on the node"
  fi
  changed "ran hook $name for CT $ctid"
  report
}

main
