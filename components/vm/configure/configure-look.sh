#!/usr/bin/env bash
# Looks at a machine's configuration, and changes nothing. What is only applied at a start is reported with the restart by the
# look of the step start; the text of the file that installs the agent, by that of snippets.
# Settings: step.ts
. vm/lib/look.sh
. vm/configure/cloud-init.sh
. vm/configure/disks.sh
. vm/configure/wanted.sh
. guest/lib/disk.sh
set -euo pipefail

DIFFERS=option_deviates

KEY_OF+=(
  [cpu]='cpu_type, cpu_flags' [balloon]=balloon_mb [boot]=boot_devices [protection]=protect [bios]=uefi [ciuser]=cloud_init.user
  [ipconfig0]='cloud_init.ip, gateway' [nameserver]=cloud_init.dns_servers [searchdomain]=cloud_init.search_domain
  [sshkeys]=cloud_init.ssh_keys [cicustom]='cloud-init snippets' [ide2]='cloud-init drive (ide2)' [efidisk0]='drive efidisk0'
)

# option_deviates OPTION NOW WANTED
option_deviates() {
  local vm="VM $VMID"
  case $1 in
    numa | protection) option_differs "$vm" "$1" "$(as_flag "$2")" "$(as_flag "$3")" ;;
    agent) option_differs "$vm" "$1" "$(as_flag "${2%%,*}")" "$(as_flag "$3")" ;;
    bios) option_differs "$vm" "$1" "$(as_flag "${2/ovmf/1}")" "$(as_flag "${3/ovmf/1}")" ;;
    sshkeys) option_differs "$vm" "$1" 'another list' "its entry's" ;;
    hostpci*) option_differs "$vm" "passthrough ($1)" "$2" "$3" ;;
    tags) tags_deviate "$vm" "$2" "$3" ;;
    net0) network_deviates "$2" "$3" ;;
    *) option_differs "$vm" "$@" ;;
  esac
}

# network_deviates NOW WANTED: each of its keys.
network_deviates() {
  local key word card
  local -A PAIRS=() now=()
  pairs_of "$1"
  for key in bridge tag firewall; do now[$key]=${PAIRS[$key]-}; done
  PAIRS=()
  pairs_of "$2"
  for key in bridge tag firewall; do
    case $key in bridge) word=network_bridge ;; tag) word=vlan ;; firewall) word='firewall of the network card' ;; esac
    [ "${now[$key]-}" = "${PAIRS[$key]-}" ] || differs "VM $VMID $word" "${now[$key]:-not set}" "${PAIRS[$key]:-not set}"
  done
  card=$(card_address "$1")
  [ "$card" = "$(card_address "$2")" ] || differs "VM $VMID mac_address" "${card:-not set}" "$(card_address "$2")"
}

main() {
  local storage='' disk='' now
  look_at_vm
  load storage=storage disk=diskGb
  want_values
  want_tags "$TAG"
  drop_devices
  want_network
  if [ "${NOW[template]-}" != 1 ]; then
    want_drives "$storage"
    each_disk look_at_disk
    want_cloud_init
    same_password || differs "VM $VMID cloud_init.password_hash" 'another one' "its entry's"
  fi
  if [ -n "$disk" ]; then
    now=$(disk_now "$(vm_conf)" scsi0)
    [ "$disk" -le "$now" ] || differs "VM $VMID disk_size_gb" "$now" "$disk"
    refuse_to_shrink "disk of VM $VMID ($NAME)" "$(vm_conf)" scsi0 "$disk" disk_size_gb
  fi
  finish_look
}

main
