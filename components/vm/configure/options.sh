#!/usr/bin/env bash
# What of a machine's configuration is to be another: gathered first, then set by one command.
# shellcheck disable=SC2034 # configure.sh reads AT_START
. vm/lib/vm.sh
set -euo pipefail

OPTIONS=()
# Keys that 'qm set' deletes, with commas between them.
GONE=''

# Set when something changed that Proxmox VE takes up at once, and the system in the machine at its next start.
AT_START=''

# want KEY VALUE NOW: notes one option of 'qm set' when it differs.
want() {
  [ "$2" != "$3" ] || return 0
  OPTIONS+=("--$1" "$2")
  # cloud-init sets the system's name.
  [ "$1" != name ] || AT_START=yes
  case $1 in
    description | sshkeys) changed "VM $VMID: $1" ;;
    *) changed "VM $VMID: $1 ${3:-unset} -> $2" ;;
  esac
}

unwant() {
  local now
  now=$(vm_next "$1")
  [ -n "$now" ] || return 0
  GONE+=${GONE:+,}$1
  changed "VM $VMID: $1 ${now%%,*} -> unset"
}
