#!/usr/bin/env bash
# Options of a machine's configuration that are unset, and whether a change takes effect only at a start.
# shellcheck disable=SC2034 # configure.sh reads AT_START
. guest/lib/options.sh
. vm/lib/running.sh
set -euo pipefail

# Keys that 'qm set' deletes, with commas between them.
GONE=''

# Set when something changed that Proxmox VE applies at once, but the system in the machine only at its next start.
AT_START=''

# unwant KEY: of the configuration that was read.
unwant() {
  next_value "$1"
  [ -n "$VALUE" ] || return 0
  GONE+=${GONE:+,}$1
  "$DIFFERS" "$1" "${VALUE%%,*}" ''
}
