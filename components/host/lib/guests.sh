#!/usr/bin/env bash
# Part of the prelude: what containers and virtual machines of a node have in common.
set -euo pipefail

# conf_value FILE KEY: a value of the guest's own configuration, above the first [section].
conf_value() {
  local line
  local -a lines
  mapfile -t lines <"$1" || return
  for line in "${lines[@]}"; do
    case $line in
      '['*) break ;;
      "$2:"*)
        line=${line#*:}
        printf '%s\n' "${line#"${line%%[!$' \t']*}"}"
        break
        ;;
    esac
  done
}

# conf_snapshot FILE NAME: '' when the snapshot is complete, 'prepare' or 'delete' when it was cut off.
conf_snapshot() {
  awk -v section="[$2]" '
    /^\[/ { inside = ($0 == section) }
    inside && /^snapstate:/ { print $2 }
  ' "$1"
}

# conf_devices FILE: what a machine passes through, now or after its next stop: `host=…` or `mapping=…`, one a line.
conf_devices() {
  local line section=''
  local -a lines
  mapfile -t lines <"$1" || return
  for line in "${lines[@]}"; do
    case $line in
      '['*) section=$line ;;
      hostpci*) [[ ! $section:$line =~ ^('[PENDING]')?:hostpci[0-9]*:\ *([^,]*) ]] || printf '%s\n' "${BASH_REMATCH[2]}" ;;
    esac
  done
}

# Set by read_power.
POWER=''
POWER_SAID=''

# read_power pct|qm ID: sets POWER to running, stopped, or unknown, and POWER_SAID to Proxmox VE's own words.
read_power() {
  POWER_SAID=$("$1" status "$2" 2>&1 9>&-) || true
  case $'\n'$POWER_SAID$'\n' in
    *$'\nstatus: running\n'*) POWER=running ;;
    *$'\nstatus: stopped\n'*) POWER=stopped ;;
    *) POWER=unknown ;;
  esac
}

# runs pct|qm ID WHO: ends the step where Proxmox VE does not answer: neither answer may be assumed.
runs() {
  read_power "$1" "$2"
  [ "$POWER" != unknown ] ||
    err "whether $3 runs cannot be determined; '$1 status $2' says: $(grep . <<<"${POWER_SAID:-nothing}" | paste -sd ';' - | cut -c 1-300)"
  [ "$POWER" = running ]
}

# has_power pct|qm ID POWER: for `wait_for`; no error where Proxmox VE does not answer.
has_power() { read_power "$1" "$2" && [ "$POWER" = "$3" ]; }
