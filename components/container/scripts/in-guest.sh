#!/usr/bin/env bash
# Runs a script inside a container: a feature, or the application's own. It finds its settings as PHOENIX_…
# variables, gets the CTID as argument, and its folder /tmp/phoenix_run is gone afterwards.
# Settings: {ctid, tag, step, name, script, seconds, environment: {PHOENIX_…: value}, config?: {lxc_configs: …},
#            reasons?: {"2": text}}
set -euo pipefail

FOLDER=/tmp/phoenix_run

in_guest() { pct exec "$CTID" -- "$@" 3>&- 4>&- 9>&-; }

# guest_put NAME MODE: standard input to a file of the folder in the guest.
guest_put() {
  # shellcheck disable=SC2016 # expanded by the guest's shell
  in_guest /bin/sh -c 'umask 077 && mkdir -p "$1" && cat >"$1/$2" && chmod "$3" "$1/$2"' sh "$FOLDER" "$1" "$2" ||
    err "CT $CTID: $1 could not be put into $FOLDER; is the container running, and its disk not full?"
}

clean_up() {
  local code=$?
  in_guest rm -rf "$FOLDER" </dev/null || true
  (exit "$code") || leave_step
}

# reason CODE: what it means for this script, whose last word names the case; else what it means for every shell.
reason() {
  jq -r --arg code "$1" --arg last "$(tail -n 1 "$LOG")" '(.reasons[$code] | values | "\(.) (\($last))") //
    {"126": "it cannot be run there: its first line names what is no program",
     "127": "its first line, or one of its commands, names a program that is not in the container",
     "137": "it was killed, as when memory runs out (memory_mb)"}[$code] // "" |
    if . == "" then "" else ": \(.)" end' <<<"$SETTINGS"
}

main() {
  local step='' name='' seconds='' code=0 line
  read_settings
  load step=step name=name seconds=seconds
  enter_guest "$step" <<<"$SETTINGS"
  wake
  trap clean_up EXIT
  guest_put "$name" 700 < <(jq -j '.script' <<<"$SETTINGS")
  guest_put phoenix.env 600 < <(jq -r '.environment // {} | to_entries[] | "export \(.key)=\(.value | tostring | @sh)"' <<<"$SETTINGS")
  guest_put phoenix_lxc_configs.json 600 < <(jq '.config // empty' <<<"$SETTINGS")
  # shellcheck disable=SC2016 # expanded by the guest's shell
  in_guest /bin/bash -c '. "$1/phoenix.env" && exec timeout -k 30 "$2" "$1/$3" "$4"' \
    bash "$FOLDER" "$seconds" "$name" "$CTID" </dev/null || code=$?
  case $code in
    0) ;;
    124) err "$name in CT $CTID was ended after $seconds s" ;;
    *) CODE=$(jq -r --arg code "$code" 'if .reasons[$code] then $code else 1 end' <<<"$SETTINGS") err "$name failed in CT $CTID with exit code $code$(reason "$code")" ;;
  esac
  while IFS= read -r line; do say "warning: CT $CTID: $line"; done < <(tail -n "+$LOG_FROM" "$LOG" | sed -n 's/^phoenix-warning: //p' | awk '!seen[$0]++')
  # Built-in features tell what they did; any other script counts as done when it ran.
  while IFS= read -r line; do changed "CT $CTID: $line"; done < <(tail -n "+$LOG_FROM" "$LOG" | sed -n 's/^phoenix-did: //p')
  [ "$(jq -r '.tells // false' <<<"$SETTINGS")" = true ] || changed "CT $CTID: ran $name"
  report
}

main
