#!/usr/bin/env bash
# Options of a machine's configuration that are unset, and whether a change takes effect only at a start.
# shellcheck disable=SC2034 # configure.sh reads AT_START
. guest/lib/options.sh
. vm/lib/vm.sh
set -euo pipefail

# Keys that 'qm set' deletes, with commas between them.
GONE=''

# Set when something changed that Proxmox VE applies at once, but the system in the machine only at its next start.
AT_START=''

unwant() {
  local now
  now=$(vm_next "$1")
  [ -n "$now" ] || return 0
  GONE+=${GONE:+,}$1
  changed "VM $VMID: $1 ${now%%,*} -> unset"
}
