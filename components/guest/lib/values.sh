#!/usr/bin/env bash
# A guest's own configuration, read at once: what holds now, and what holds from its next stop on.

# Set by read_guest. By key: what holds now, what waits for the next stop, and what goes then. The lines in their order,
# without comments; raw lxc.* lines among them; and the names of the snapshots, with what is left to do at each.
# shellcheck disable=SC2034 # who sources it reads what it needs
declare -A NOW=() WAITS=() GOES=() SNAPSHOTS=()
LINES_NOW=() LINES_WAITING=() RAW=()

# read_guest FILE
read_guest() {
  local line key value section='' gone
  local -a lines=()
  NOW=() WAITS=() GOES=() SNAPSHOTS=() LINES_NOW=() LINES_WAITING=() RAW=()
  mapfile -t lines <"$1" || return 1
  for line in "${lines[@]}"; do
    case $line in
      '['*)
        section=${line#'['}
        section=${section%%']'*}
        [[ $section == @(pve:pending|PENDING) ]] || SNAPSHOTS[$section]=''
        continue
        ;;
      '#'* | '') continue ;;
    esac
    key=${line%%:*}
    value=${line#*:}
    value=${value#"${value%%[!$' \t']*}"}
    case $section in
      '')
        LINES_NOW+=("$line")
        [[ $line != lxc.* ]] || RAW+=("$line")
        NOW[$key]=${NOW[$key]-$value}
        ;;
      pve:pending | PENDING)
        if [ "$key" = delete ]; then
          for gone in ${value//[,;]/ }; do GOES[${gone#!}]=yes; done
        else
          WAITS[$key]=$value
          LINES_WAITING+=("$line")
        fi
        ;;
      *) [ "$key" != snapstate ] || SNAPSHOTS[$section]=$value ;;
    esac
  done
}

# Set by next_value.
VALUE=''

# next_value KEY: into VALUE what holds from the next stop on, of the configuration that was read.
next_value() {
  VALUE=${NOW[$1]-}
  [ -z "${GOES[$1]-}" ] || VALUE=''
  VALUE=${WAITS[$1]-$VALUE}
}

# lines_next, lines_now: the lines that hold from then on, and until then.
lines_next() {
  local line
  for line in "${LINES_NOW[@]}"; do
    [ -n "${GOES[${line%%:*}]-}${WAITS[${line%%:*}]+waits}" ] || printf '%s\n' "$line"
  done
  [ "${#LINES_WAITING[@]}" -eq 0 ] || printf '%s\n' "${LINES_WAITING[@]}"
}

lines_now() { [ "${#LINES_NOW[@]}" -eq 0 ] || printf '%s\n' "${LINES_NOW[@]}"; }
