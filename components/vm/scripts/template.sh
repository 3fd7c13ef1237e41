#!/usr/bin/env bash
# A machine as a template: what makes it this one is cleaned out of it, it is shut down and converted. There is no
# way back.
# Settings: {vmid, name, tag, timeLimit: seconds of a shutdown}
set -euo pipefail

# Each clone gets host keys, a machine id and a first run of cloud-init of its own.
clean() {
  in_vm 300 /bin/sh -c 'set -e
    ! command -v cloud-init >/dev/null || cloud-init clean --logs
    rm -f /etc/ssh/ssh_host_*
    : >/etc/machine-id
    rm -f /var/lib/dbus/machine-id
    sync' </dev/null || err "VM $VMID ($NAME) could not be cleaned for a template; its message is above"
}

main() {
  local limit=''
  enter_vm template
  load limit=timeLimit
  if ! is_template; then
    vm_running || start_vm
    require_agent
    clean
    stop_vm "$limit"
    pve qm template "$VMID" || true
    is_template || err "VM $VMID ($NAME) could not be made a template; Proxmox VE's message is above"
    changed "VM $VMID is a template"
  fi
  report
}

main
