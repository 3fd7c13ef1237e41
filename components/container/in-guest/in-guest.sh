#!/usr/bin/env bash
# Runs a script inside a container: a feature, or the application's own. It finds its settings as PHOENIX_…
# variables, gets the CTID as argument, and its folder is gone afterwards.
# Settings: step.ts
. host/lib/inside.sh
. guest/lib/marks.sh
. container/lib/config-files.sh
. container/lib/rollback.sh
set -euo pipefail

# reason CODE: what the exit code means for this script, with the last line of its output; else what it means in any shell.
reason() {
  jq -r --arg code "$1" --arg last "$(last_line)" '(.reasons[$code] | values | "\(.) (\($last))") //
    {"126": "it cannot be run there: its first line names what is no program",
     "127": "its first line, or one of its commands, names a program that is not in the container",
     "137": "it was killed, as when memory runs out (memory_mb)"}[$code] // "" |
    if . == "" then "" else ": \(.)" end' <<<"$SETTINGS"
}

# What the original's scripts find, and where.
ORIGINAL_PLACE=/tmp/phoenix_run

add_container_file() { copy_config_file phoenix_lxc_configs.json "$1"; }

main() {
  local step='' name='' seconds='' place=alone code=0 why
  read_settings
  load step=step name=name seconds=seconds
  enter_guest "$step"
  wake
  read_digest
  # Twice the time: a script of an interrupted run may still be running there, and is waited for.
  if [ "$(setting wholeFile)" = true ]; then
    BEFORE_PACKING=add_container_file place=$ORIGINAL_PLACE
  fi
  bundle "$name" CONFIG=phoenix_entry.json |
    in_ct $((2 * seconds + 120)) /bin/sh -c "$RUNNER" sh "$name" "$CTID" "$seconds" CONFIG=phoenix_entry.json "$place" \
      "$step" "$DIGEST" || code=$?
  if why=$(not_begun "$code"); then
    err "$name could not be put into CT $CTID and run: $why; is its disk, or its memory, full?"
  fi
  [ "$code" -eq 0 ] || guest_running "$CTID" ||
    err "$name could not be run in CT $CTID, or not to its end: the container does not run"
  case $code in
    0) ;;
    124) err "$name in CT $CTID was ended after $seconds s" ;;
    *) CODE=$(jq -r --arg code "$code" 'if .reasons[$code] then $code else 1 end' <<<"$SETTINGS") err "$name failed in CT $CTID with exit code $code$(reason "$code")" ;;
  esac
  report_inside "CT $CTID" "$name"
  report
}

main
