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
  [cpu]='cpu_type, cpu_flags' [balloon]=balloon_mb [ide3]=iso [boot]=boot_devices [protection]=protect [bios]=uefi [ciuser]=cloud_init.user
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
    ipconfig[1-9]*) option_differs "$vm" "networks net${1#ipconfig} addresses" "$2" "$3" ;;
    serial*) option_differs "$vm" "serial ($1)" "$2" "$3" ;;
    usb*) option_differs "$vm" "usb ($1)" "$2" "$3" ;;
    hostpci*) option_differs "$vm" "passthrough ($1)" "$2" "$3" ;;
    tags) tags_deviate "$vm" "$2" "$3" ;;
    net0) network_deviates '' "$2" "$3" ;;
    net*) card_deviates "$@" ;;
    *) option_differs "$vm" "$@" ;;
  esac
}

# network_deviates WHERE NOW WANTED: each key of a card; WHERE is '' for the first.
network_deviates() {
  local key word now wanted
  for key in bridge firewall mac model mtu queues rate tag; do
    now=$(card_key "$2" "$key")
    wanted=$(card_key "$3" "$key")
    [ "$now" != "$wanted" ] || continue
    case $1:$key in
      :bridge | :model | :mtu | :queues | :rate) word=network_$key ;;
      :firewall) word='firewall of the network card' ;;
      *:mac) word=$1mac_address ;;
      *:tag) word=$1vlan ;;
      *) word=$1$key ;;
    esac
    differs "VM $VMID $word" "${now:-not set}" "${wanted:-not set}"
  done
}

# card_key NET KEY
card_key() {
  local -A PAIRS=()
  case $2 in
    mac) card_address "$1" ;;
    model) model_of "$1" ;;
    *)
      pairs_of "$1"
      printf '%s' "${PAIRS[$2]-}"
      ;;
  esac
}

# card_deviates KEY NOW WANTED
card_deviates() {
  if [ -z "$2" ]; then
    differs "VM $VMID network card $1" missing 'by networks'
  elif [ -z "$3" ]; then
    differs "VM $VMID network card $1" there 'none by networks'
  else
    network_deviates "networks $1." "$2" "$3"
  fi
}

main() {
  local storage='' disk='' now
  look_at_vm
  require_efi_disk
  require_bridges
  load storage=storage disk=diskGb
  read_owned "$(owned_note)"
  want_cd
  want_values
  want_tags "$TAG"
  drop_devices
  want_network
  want_cards
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
