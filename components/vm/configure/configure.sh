#!/usr/bin/env bash
# A machine's configuration: what differs is set, everything else stays as it is.
# Settings: step.ts
. vm/lib/running.sh
. vm/configure/cloud-init.sh
. guest/lib/disk.sh
set -euo pipefail

want_values() {
  local key value now
  while IFS=$'\t' read -r key value; do
    now=$(vm_next "$key")
    case $key in
      onboot | protection) [ -n "$now" ] || now=0 ;;
      agent) [[ ! ,$now, =~ ,(enabled=)?$value, ]] || continue ;;
      machine) [ -n "$now" ] || now=pc ;;
      bios) [ -n "$now" ] || now=seabios ;;
      startup | hostpci*) ! same_list "$value" "$now" || continue ;;
    esac
    want "$key" "$value" "$now"
  done < <(jq -r '.values | to_entries[] | select(.key != "description") | "\(.key)\t\(.value)"' <<<"$SETTINGS")
  while IFS= read -r key; do unwant "$key"; done < <(list absent)
  want_description "$(vm_conf)"
}

# Unsets devices that the entry no longer has.
drop_devices() {
  local index
  for index in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
    given "values.hostpci$index" || unwant "hostpci$index"
  done
}

# net0: the wanted keys replace theirs, others (firewall, mtu, rate) stay.
want_network() {
  local now merged
  now=$(vm_next net0)
  merged=$(jq -r --arg now "$now" '
    ($now | split(",") | map(select(. != "") | capture("^(?<key>[^=]*)(=(?<value>.*))?$")) | from_entries) as $old
    | ($old | keys_unsorted | map(select(. == "virtio" or . == "e1000" or . == "e1000e" or . == "vmxnet3"))[0]) as $model
    | .net0 as $new
    | ($old + {bridge: $new.bridge, tag: $new.tag} | del(.[$model // "virtio"]) | map_values(select(. != null))) as $rest
    | [{key: ($model // "virtio"), value: ($new.mac // $old[$model // "virtio"])}] + ($rest | to_entries)
    | map(if .value == null then .key else "\(.key)=\(.value)" end) | join(",")' <<<"$SETTINGS")
  same_list "$merged" "$now" || want net0 "$merged" "$now"
  # cloud-init identifies the card by its address.
  [ "$(card_address "$merged")" = "$(card_address "$now")" ] || AT_START=yes
}

# card_address NET: of a network card, as in virtio=BC:24:11:00:00:01,bridge=vmbr0.
card_address() { grep -oiE '(^|=)([0-9a-f]{2}:){5}[0-9a-f]{2}' <<<"$1" | tr 'a-f' 'A-F' || true; }

want_tag() {
  local now
  now=$(vm_value "$VMID" tags)
  conf_has_tag "$(vm_conf)" "$TAG" || want tags "${now:+$now;}$TAG" "$now"
}

# Makes the drives that a machine has besides its disk, where they are missing.
want_drives() {
  local storage=$1 format=''
  # A snapshot covers all disks of the machine; disks that are files must be qcow2 for that.
  [[ $(vm_value "$VMID" scsi0) != "$storage:"*.qcow2* ]] || format=,format=qcow2
  [ "$(setting values.bios)" != ovmf ] || [ -n "$(vm_next efidisk0)" ] ||
    want efidisk0 "$storage:1,efitype=4m,pre-enrolled-keys=0$format" ''
  if [[ $(vm_next ide2) != *cloudinit* ]]; then
    free_stray_drive "$storage"
    want ide2 "$storage:cloudinit" "$(vm_next ide2)"
  fi
}

# A cloud-init drive has a fixed name: one that an interrupted run made, before the configuration named it, blocks the name.
# It holds nothing but what Proxmox VE generates.
free_stray_drive() {
  local volume
  ! grep "vm-$VMID-cloudinit" "$(vm_conf)" >/dev/null || return 0
  volume=$(pvesm list "$1" --vmid "$VMID" | awk -v name="vm-$VMID-cloudinit" 'NR > 1 && index($1, name) { print $1 }')
  [ -z "$volume" ] || pve pvesm free "$volume" ||
    err "$volume, left by a run that was cut off, could not be removed; Proxmox VE's message is above"
}

main() {
  local storage='' disk=''
  enter_vm configure
  GUEST="VM $VMID"
  load storage=storage disk=diskGb
  mkdir -p "$PHOENIX_STATE/guests"
  [ -n "$(vm_value "$VMID" scsi0)" ] ||
    err "VM $VMID ($NAME) has no disk scsi0: it was left half made; 'qm destroy $VMID', then 'phoenix refresh' and 'phoenix up'"
  [ -z "$disk" ] || refuse_to_shrink "disk of $GUEST ($NAME)" "$(vm_conf)" scsi0 "$disk" disk_size_gb
  remove_file "$PHOENIX_STATE/guests/vm-$VMID.begun"
  remove_parts "$(vm_conf)"
  want_tag
  want_values
  drop_devices
  want_network
  # cloud-init sets the host name at a start.
  ! is_wanted name || AT_START=yes
  if ! is_template; then
    want_drives "$storage"
    want_cloud_init
  fi
  [ -z "$GONE" ] || OPTIONS+=(--delete "$GONE")
  if [ "${#OPTIONS[@]}" -gt 0 ]; then
    [ -z "$CLOUD_INIT$AT_START" ] || note_restart
    pve qm set "$VMID" "${OPTIONS[@]}" || err "VM $VMID ($NAME) could not be configured; Proxmox VE's message is above$(lock_hint "$(vm_conf)")"
  fi
  is_template || ensure_password
  [ -z "$disk" ] || grow_disk "disk of $GUEST ($NAME)" "$(vm_conf)" scsi0 "$disk"
  report
}

main
