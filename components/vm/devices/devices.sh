#!/usr/bin/env bash
# A machine's devices: free, alone in their IOMMU group, bound to vfio-pci, and mapped. All are checked first.
# Settings: step.ts
. hypervisor/lib/packages.sh
. vm/devices/device-users.sh
. vm/devices/vfio.sh
set -euo pipefail

NODE=$(hostname)
NAME=''
TAG=''
# Its mappings in the order of the entry; the addresses of each, joined by ';'; all functions of all of them.
NAMES=()
declare -A ADDRESS=()
WANTED=()

# describe FUNCTION: its address, name and driver.
describe() {
  local name driver
  name=$(jq -r --arg id "$1" '.[] | select(.id == $id) | .device_name // empty' <<<"$HARDWARE")
  driver=$(driver_of "$1")
  printf '%s (%s%s)' "$1" "${name:-unknown}" "${driver:+, driver $driver}"
}

# read_mapping MAPPING ADDRESS: finds the address that a mapping stands for.
read_mapping() {
  local mapping=$1 address=$2 path
  path=$(map_of "$mapping" | jq -rs 'map(.path) | join(";")')
  if [ -z "$address" ] && [ -z "$path" ]; then
    err "there is no PCI mapping $mapping for node $NODE; nothing was changed. Make it under Datacenter, Resource Mappings," \
      "or give its entry in passthrough an address"
  fi
  if [ -n "$address" ] && [ -n "$path" ] && [ "$path" != "$(full_address "$address")" ]; then
    err "the PCI mapping $mapping stands for $path on $NODE and not for $address; nothing was changed. Correct the address," \
      "or name another mapping"
  fi
  NAMES+=("$mapping")
  ADDRESS[$mapping]=${path:-$(full_address "$address")}
}

functions_behind() {
  local address
  for address in ${ADDRESS[$1]//;/ }; do functions_of "$address" | jq -r .id; done
}

require_there() {
  local mapping=$1 address functions
  for address in ${ADDRESS[$mapping]//;/ }; do
    functions=$(functions_of "$address" | jq -r .id)
    [ -n "$functions" ] ||
      err "VM $NAME is to have the device $address, which $NODE does not have; nothing was changed. 'lspci -D' lists what there is"
    mapfile -t -O "${#WANTED[@]}" WANTED <<<"$functions"
  done
}

# Proxmox VE compares the same at each start, and refuses it then.
require_fitting() {
  local entry path changed
  while IFS= read -r entry; do
    path=$(jq -r '.path | split(";")[0]' <<<"$entry")
    changed=$(as_mapped "$path" | jq -r --argjson said "$entry" --arg path "$path" --arg node "$NODE" \
      '. as $found | first(["id", "iommugroup", "subsystem-id"][]
        | select($said[.] != $found[.])) | "\(.) \($said[.] // "unset") at \($path), where \($node) has \($found[.] // "none") now"')
    [ -z "$changed" ] ||
      err "the PCI mapping $1 was made for $changed; nothing was changed." \
        "Look whether it is still the device that is meant, and correct the mapping under Datacenter, Resource Mappings"
  done < <(map_of "$1")
}

# as_mapped ADDRESS: what a mapping says of its first function, as JSON.
as_mapped() {
  functions_of "$1" | jq -s '.[0] // {} | def hex: .[2:];
    {id: "\(.vendor | hex):\(.device | hex)", iommugroup: (if .iommugroup >= 0 then "\(.iommugroup)" else null end)}
      + (if .subsystem_vendor and .subsystem_device
         then {"subsystem-id": "\(.subsystem_vendor | hex):\(.subsystem_device | hex)"} else {} end)'
}

require_group() {
  local function=$1 group member class others='' card=''
  group=$(readlink "/sys/bus/pci/devices/$function/iommu_group") ||
    err "the device $function of $NODE is in no IOMMU group, so it cannot be passed through; nothing was changed. Switch on" \
      "VT-d or AMD-Vi in the firmware (and intel_iommu=on on the kernel's command line of an Intel host), and restart"
  for member in "/sys/kernel/iommu_groups/${group##*/}/devices"/*; do
    class=$(cat "$member/class" 2>/dev/null) || class=unknown
    # PCI bridges in the group stay with the host.
    case $class in 0x0600* | 0x0604*) continue ;; esac
    member=${member##*/}
    [[ " ${WANTED[*]} " != *" $member "* ]] || continue
    others+=", $(describe "$member")"
    [ "${member%.*}" != "${function%.*}" ] || card=${function%.*}
  done
  [ -z "$card" ] ||
    err "the device $function of VM $NAME is a function of a card that goes to a machine as a whole, with ${others#, };" \
      "nothing was changed. Give the address without a function: $card"
  [ -z "$others" ] ||
    err "the device $function of VM $NAME shares its IOMMU group ${group##*/} with ${others#, }, and a group is passed through" \
      "as a whole: $NODE would lose what is in it; nothing was changed. Put the card into another slot, switch on ACS in the" \
      "firmware, or pass the others through too"
}

require_free() {
  local mapping=$1 function=$2 user override
  user=$(container_with "$function")
  [ -z "$user" ] ||
    err "the device $function ($mapping) of VM $NAME is the GPU of $user; nothing was changed." \
      "A GPU serves containers or one virtual machine: take it out of gpu_assignment, or out of passthrough"
  user=$(running_with "$function" "$NAME" "$TAG")
  [ -z "$user" ] ||
    err "the device $function ($mapping) of VM $NAME is in use by $user, which runs; nothing was changed." \
      "Shut that machine down, or take the device out of its configuration, then run again"
  override=$(override_of "$function")
  if [ -n "$override" ] && [ "$override" != vfio-pci ]; then
    err "the device $function ($mapping) of VM $NAME is to have the driver $override on $NODE, as driverctl was told by" \
      "somebody else; nothing was changed. Take that back: driverctl unset-override $function"
  fi
  [ "$(driver_of "$function")" != vfio-pci ] || return 0
  user=$(holders_of "$function" | paste -sd, - | sed 's/,/, /g')
  [ -z "$user" ] ||
    err "the device $function ($mapping) of VM $NAME is in use on $NODE by $user; nothing was changed." \
      "End these programs, then run again"
}

require_module() {
  local said
  [ ! -d /sys/bus/pci/drivers/vfio-pci ] || return 0
  said=$(modprobe vfio-pci 2>&1 9>&-) ||
    err "the driver vfio-pci cannot be loaded on $NODE ($(uname -r)): $(tail -n 1 <<<"$said"); nothing was changed." \
      "Boot a kernel of Proxmox VE's own ('proxmox-boot-tool kernel list'); with Secure Boot its modules have to be signed"
}

# When one device cannot be bound, those that this run has bound are released again.
bind_all() {
  local mapping function
  local -a mine=()
  for mapping in "${NAMES[@]}"; do
    for function in $(functions_behind "$mapping"); do
      if looking; then
        look_at_binding "$function" "$mapping"
        continue
      fi
      [ -e "$SET_ASIDE/$function" ] || mine+=("$function")
      vfio_bind "$function" "$mapping" || undo "$function" "${mine[@]}"
    done
  done
}

undo() {
  local function failed=$1
  shift
  for function; do
    [ ! -e "$SET_ASIDE/$function" ] || vfio_release "$function"
  done
  resume_persistence
  err "driverctl could not bind $failed to vfio-pci on $NODE; its message is above, and 'journalctl -k' has the kernel's." \
    "What was bound by this run is the host's again"
}

make_mapping() {
  local mapping=$1 address=$2 map
  # The note comes first: a mapping of an interrupted run is known as ours then.
  mkdir -p "$MAPPED"
  printf '%s %s\n' "$TAG" "$NAME" >"$MAPPED/$mapping"
  map=$(as_mapped "$address" | jq -r --arg node "$NODE" --arg path "$address" \
    '{node: $node, path: $path} + . | to_entries | map(select(.value != null) | "\(.key)=\(.value)") | join(",")')
  if ! pve pvesh create /cluster/mapping/pci --id "$mapping" --map "$map"; then
    rm -f "$MAPPED/$mapping"
    err "the PCI mapping $mapping could not be made; Proxmox VE's message is above"
  fi
  changed "mapped $address as $mapping"
}

main() {
  local mapping address function
  need_cmd pvesh jq qm find
  read_settings
  load NAME=name TAG=tag
  lock mappings 300
  read_mappings
  read_hardware
  while IFS=$'\t' read -r mapping address; do
    read_mapping "$mapping" "$address"
    require_there "$mapping"
  done < <(jq -r '.devices[] | "\(.mapping)\t\(.address // "")"' <<<"$SETTINGS")
  for function in "${WANTED[@]}"; do require_group "$function"; done
  for mapping in "${NAMES[@]}"; do
    require_fitting "$mapping"
    for function in $(functions_behind "$mapping"); do require_free "$mapping" "$function"; done
  done
  looking || require_module
  packages_ensure driverctl
  bind_all
  for mapping in "${NAMES[@]}"; do
    [ -n "$(map_of "$mapping")" ] ||
      mend "PCI mapping $mapping" missing "${ADDRESS[$mapping]}" make_mapping "$mapping" "${ADDRESS[$mapping]}"
  done
  report
}

main
