#!/usr/bin/env bash
# What of a machine's configuration is to go, and when the rest takes effect.
# shellcheck disable=SC2034 # configure.sh reads AT_START
. guest/lib/options.sh
. vm/lib/vm.sh
set -euo pipefail

# Keys that 'qm set' deletes, with commas between them.
GONE=''

# Set when something changed that Proxmox VE takes up at once, and the system in the machine at its next start.
AT_START=''

unwant() {
  local now
  now=$(vm_next "$1")
  [ -n "$now" ] || return 0
  GONE+=${GONE:+,}$1
  changed "VM $VMID: $1 ${now%%,*} -> unset"
}
