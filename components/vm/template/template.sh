#!/usr/bin/env bash
# Converts a machine to a template: its identity is removed inside, then it is shut down. This cannot be undone.
# Settings: step.ts
. vm/lib/running.sh
set -euo pipefail

# Each clone gets host keys, a machine id and a first run of cloud-init of its own.
clean() {
  # shellcheck disable=SC2016 # expanded by the machine's shell
  in_vm 300 /bin/sh -c 'set -e
    if command -v cloud-init >/dev/null; then
      # cloud-init of a machine that was cleaned before and not started since would never finish.
      case $(cloud-init status 2>&1) in *running*) cloud-init status --wait >/dev/null || true ;; esac
      cloud-init clean --logs
    fi
    rm -f /etc/ssh/ssh_host_*
    : >/etc/machine-id
    rm -f /var/lib/dbus/machine-id
    sync' </dev/null || err "VM $VMID ($NAME) could not be cleaned for a template; its message is above"
}

# Disks that are not converted yet, which an interrupted conversion leaves; linked clones need them converted.
unconverted() {
  awk -v id="$VMID" '/^\[/ { exit } /^(scsi|virtio|sata|ide|efidisk|tpmstate)[0-9]+:/ && !/media=cdrom/ {
    key = $1; sub(/:$/, "", key); split($2, part, ","); if (part[1] ~ "[:/]vm-" id "-") print key }' "$(vm_conf)"
}

main() {
  local key limit=''
  enter_vm template
  load limit=timeLimit
  if ! is_template; then
    vm_running || start_vm
    require_agent
    clean
    stop_vm "$limit"
    pve qm template "$VMID" || true
    is_template || err "VM $VMID ($NAME) could not be made a template; Proxmox VE's message is above$(lock_hint "$(vm_conf)")"
    note_stopped
    changed "VM $VMID is a template"
  fi
  while IFS= read -r key; do
    # Where the storage has no templates, the disk stays as it is.
    pve qm template "$VMID" --disk "$key" </dev/null || true
    unconverted | grep -Fx "$key" >/dev/null || changed "VM $VMID: $key is a template's"
  done < <(unconverted)
  report
}

main
