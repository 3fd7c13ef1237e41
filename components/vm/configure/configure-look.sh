#!/usr/bin/env bash
# Looks at a machine's configuration, and changes nothing. What is only applied at a start is told with the restart by the
# look of the step start; the text of the file that installs the agent, by that of snippets.
# Settings: step.ts
. vm/lib/look.sh
. vm/configure/cloud-init.sh
. vm/configure/wanted.sh
. guest/lib/disk.sh
set -euo pipefail

DIFFERS=option_deviates

# option_deviates KEY NOW WANTED: in the words of the file.
option_deviates() {
  local word now=${2:-not set} wanted=${3:-not set}
  case $1 in
    memory) word=memory_mb ;;
    cpu) word=cpu_type ;;
    boot) word=boot_devices ;;
    startup) word='boot_order, boot_delay' ;;
    hostpci*) word="passthrough ($1)" ;;
    onboot) word=start_at_boot now=$(as_flag "$2") wanted=$(as_flag "$3") ;;
    protection) word=protect now=$(as_flag "$2") wanted=$(as_flag "$3") ;;
    agent) word=agent now=$(as_flag "${2%%,*}") wanted=$(as_flag "$3") ;;
    bios) word=uefi now=$(as_flag "${2/ovmf/1}") wanted=$(as_flag "${3/ovmf/1}") ;;
    ciuser) word=cloud_init.user ;;
    ipconfig0) word='cloud_init.ip, gateway' ;;
    nameserver) word=cloud_init.dns_servers ;;
    searchdomain) word=cloud_init.search_domain ;;
    sshkeys) word=cloud_init.ssh_keys now='another list' wanted="its entry's" ;;
    cicustom) word='cloud-init snippets' ;;
    ide2) word='cloud-init drive (ide2)' ;;
    efidisk0) word='drive efidisk0' ;;
    description) word=description now='edited by hand' wanted='as Phoenix wrote it' ;;
    net0)
      network_deviates "$2" "$3"
      return
      ;;
    *) word=$1 ;;
  esac
  differs "VM $VMID $word" "$now" "$wanted"
}

as_flag() { if [ "${1#enabled=}" = 1 ]; then printf true; else printf false; fi; }

# network_deviates NOW WANTED: each of its keys.
network_deviates() {
  local key word card
  local -A PAIRS=() now=()
  pairs_of "$1"
  for key in bridge tag; do now[$key]=${PAIRS[$key]-}; done
  PAIRS=()
  pairs_of "$2"
  for key in bridge tag; do
    [ "$key" = tag ] && word=vlan || word=network_bridge
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
  drop_devices
  want_network
  if [ "${NOW[template]-}" != 1 ]; then
    want_drives "$storage"
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
