#!/usr/bin/env bash
# Runs a script inside a machine through the guest agent: a feature, or one of its own. It finds its settings as
# PHOENIX_… variables, gets the VMID as argument, and its folder /tmp/phoenix_run is gone afterwards.
# Settings: {vmid, name, tag, step, file, script, seconds, environment: {PHOENIX_…: value}, config?,
#            reasons?: {"2": text}, tells?: bool}
set -euo pipefail

FOLDER=/tmp/phoenix_run

reason() { jq -r --arg code "$1" '.reasons[$code] // "" | if . == "" then "" else ": \(.)" end' <<<"$SETTINGS"; }

# bundle FILE: the script, its variables and its configuration as one archive, in letters that any channel carries.
bundle() {
  local folder
  # In memory, and of one name: what a run leaves that is killed here is cleared away by the next.
  folder=/run/phoenix/vm-$VMID
  (
    trap 'rm -rf "$folder"' EXIT
    umask 077
    rm -rf "$folder"
    mkdir -p "$folder"
    jq -j '.script' <<<"$SETTINGS" >"$folder/$1"
    chmod 700 "$folder/$1"
    jq -r --arg id "$VMID" '(.environment // {}) + {PHOENIX_CTID: $id, PHOENIX_VMID: $id} | to_entries[]
      | "export \(.key)=\(.value | tostring | @sh)"' <<<"$SETTINGS" >"$folder/phoenix.env"
    jq '.config // {}' <<<"$SETTINGS" >"$folder/phoenix_hypervisor_config.json"
    tar -C "$folder" -cf - . | base64
  )
}

main() {
  local step='' file='' seconds='' code=0 line
  read_settings
  load step=step file=file seconds=seconds
  enter_vm "$step" <<<"$SETTINGS"
  with_agent
  # One at a time: what an interrupted run left running in the machine ends first.
  # shellcheck disable=SC2016 # expanded by the machine's shell
  bundle "$file" | in_vm $((seconds + 120)) /bin/bash -c '
    exec 2>&1 8>/run/phoenix_run.lock
    flock -w "$2" 8 || { echo "another run of a script still goes on in the machine"; exit 125; }
    umask 077
    rm -rf "$1" && mkdir -p "$1" && base64 -d | tar -C "$1" -xf - || exit 126
    . "$1/phoenix.env"
    timeout -k 30 "$2" "$1/$3" "$4" </dev/null 8>&- && code=0 || code=$?
    rm -rf "$1"
    exit "$code"' bash "$FOLDER" "$seconds" "$file" "$VMID" || code=$?
  case $code in
    0) ;;
    124) err "$file was ended in VM $VMID ($NAME) after $seconds s" ;;
    126) err "$file could not be put into $FOLDER of VM $VMID ($NAME) and run; is its disk full?" ;;
    255) err "$file in VM $VMID ($NAME): its guest agent went away meanwhile; look inside: qm terminal $VMID, and run again" ;;
    *) err "$file failed in VM $VMID ($NAME) with exit code $code$(reason "$code")" ;;
  esac
  while IFS= read -r line; do say "warning: VM $VMID: $line"; done < <(tail -n "+$LOG_FROM" "$LOG" | sed -n 's/^phoenix-warning: //p' | awk '!seen[$0]++')
  # Built-in features tell what they did; any other script counts as done when it ran.
  while IFS= read -r line; do changed "VM $VMID: $line"; done < <(tail -n "+$LOG_FROM" "$LOG" | sed -n 's/^phoenix-did: //p')
  [ "$(jq -r '.tells // false' <<<"$SETTINGS")" = true ] || changed "VM $VMID: ran $file"
  report
}

main
