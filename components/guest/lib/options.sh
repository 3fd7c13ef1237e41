#!/usr/bin/env bash
# Options of a guest's configuration that differ: collected first, then set by one command of Proxmox VE.
# shellcheck disable=SC2034 # the scripts that source it set and read these

# The guest in messages, such as `CT 910`.
GUEST=''
OPTIONS=()
# Keys of these, each between spaces.
WANTED=' '

# want KEY VALUE NOW: notes one option when it differs.
want() {
  [ "$2" != "$3" ] || return 0
  OPTIONS+=("--$1" "$2")
  WANTED+="$1 "
  case $1 in
    description | sshkeys) changed "$GUEST: $1" ;;
    *) changed "$GUEST: $1 ${3:-unset} -> $2" ;;
  esac
}

# is_wanted KEY: whether such an option was noted.
is_wanted() { [[ $WANTED == *" $1 "* ]]; }

# same_list LIST LIST: compares lists of key=value, such as features and startup, without regard to order.
same_list() { [ "$(tr ',' '\n' <<<"$1" | sort)" = "$(tr ',' '\n' <<<"$2" | sort)" ]; }

# description_in FILE: the guest's description: the # lines on top, where Proxmox VE encodes ':', '%' and non-ASCII as %XX.
description_in() {
  local text
  text=$(sed -n '/^#/!q; s/^#//p' "$1" | sed 's/\\/\\\\/g; s/%\([0-9A-Fa-f][0-9A-Fa-f]\)/\\x\1/g')
  printf '%b' "$text"
}

# gigabytes SIZE: Proxmox VE's 2252M, 8G or 1T as whole gigabytes, rounded down.
gigabytes() {
  awk -v v="${1:-0}" 'BEGIN { p = index("KMGT", toupper(substr(v, length(v)))); printf "%d", (v + 0) * 1024 ^ (p - 3) }'
}
