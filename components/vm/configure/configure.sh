#!/usr/bin/env bash
# A machine's configuration: what differs is set, everything else stays as it is.
# Settings: step.ts
. vm/lib/running.sh
. vm/configure/cloud-init.sh
. vm/configure/disks.sh
. vm/configure/wanted.sh
. guest/lib/disk.sh
set -euo pipefail

# A cloud-init drive has a fixed name: one that an interrupted run made, before the configuration named it, blocks the name.
# It holds nothing but what Proxmox VE generates.
free_stray_drive() {
  local volume
  ! grep "vm-$VMID-cloudinit" "$(vm_conf)" >/dev/null || return 0
  volume=$(pvesm list "$1" --vmid "$VMID" | awk -v name="vm-$VMID-cloudinit" 'NR > 1 && index($1, name) { print $1 }')
  [ -z "$volume" ] || pve pvesm free "$volume" ||
    err "$volume, left by a run that was cut off, could not be removed; Proxmox VE's message is above"
}

# ensure_cd: before all else: Proxmox VE puts a new CD behind the devices to start from, which are compared then.
ensure_cd() {
  want_cd
  [ "${#OPTIONS[@]}" -gt 0 ] || return 0
  pve qm set "$VMID" "${OPTIONS[@]}" || err "the CD of VM $VMID ($NAME) could not be changed; Proxmox VE's message is above$(lock_hint "$(vm_conf)")"
  OPTIONS=()
  read_guest "$(vm_conf)"
}

main() {
  local storage='' disk=''
  local -a said
  enter_vm configure
  GUEST="VM $VMID"
  load storage=storage disk=diskGb
  mkdir -p "$PHOENIX_STATE/guests"
  [ -n "$(vm_value "$VMID" scsi0)" ] ||
    err "VM $VMID ($NAME) has no disk scsi0: it was left half made; 'qm destroy $VMID', then 'phoenix refresh' and 'phoenix up'"
  [ -z "$disk" ] || refuse_to_shrink "disk of $GUEST ($NAME)" "$(vm_conf)" scsi0 "$disk" disk_size_gb
  remove_file "$PHOENIX_STATE/guests/vm-$VMID.begun"
  remove_parts "$(vm_conf)"
  read_guest "$(vm_conf)"
  each_disk require_disk
  require_efi_disk
  require_bridges
  read_owned "$(owned_note)"
  mapfile -t said < <(said_by_entry)
  note_owned "$(owned_note)" "${said[@]}"
  ensure_cd
  want_values
  want_tags "$TAG"
  drop_devices
  want_network
  want_cards
  # cloud-init sets the host name at a start.
  ! is_wanted name || AT_START=yes
  if ! is_template; then
    want_drives "$storage"
    ! is_wanted ide2 || free_stray_drive "$storage"
    want_cloud_init
    [ -z "$(setting snippets)" ] || ensure_snippet "$(setting snippets)"
  fi
  if [ -n "$GONE" ] || [ "${#OPTIONS[@]}" -gt 0 ]; then
    [ -z "$CLOUD_INIT$AT_START" ] || note_restart
    # What goes comes first: less memory is refused while a balloon of more is there.
    if ! { [ -z "$GONE" ] || pve qm set "$VMID" --delete "$GONE"; } ||
      ! { [ "${#OPTIONS[@]}" -eq 0 ] || pve qm set "$VMID" "${OPTIONS[@]}"; }; then
      err "VM $VMID ($NAME) could not be configured; Proxmox VE's message is above$(lock_hint "$(vm_conf)")"
    fi
  fi
  settle_owned "$(owned_note)" "${said[@]}"
  if ! is_template; then
    ensure_disks
    ensure_password
  fi
  [ -z "$disk" ] || grow_disk "disk of $GUEST ($NAME)" "$(vm_conf)" scsi0 "$disk"
  report
}

main
