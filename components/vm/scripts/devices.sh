#!/usr/bin/env bash
# The PCI mappings behind what a machine has to itself: there, or made for an address; and devices that can be passed
# through. Proxmox VE binds a device to vfio-pci itself when the machine starts.
# Settings: {name, tag, devices: [{mapping, address?}]}
set -euo pipefail

NODE=$(hostname)
HARDWARE=''

# functions_of ADDRESS: the node's functions behind it, one a line as JSON; without a function it means all of them.
functions_of() {
  jq -c --arg address "$1" '.[] | select(.id == $address or (.id | startswith($address + ".")))' <<<"$HARDWARE"
}

# The container that is given the GPU at an address, by the number of its device file.
container_with() {
  local minor conf id
  minor=$(sed -n 's/^Device Minor:[ \t]*//p' "/proc/driver/nvidia/gpus/$1/information" 2>/dev/null) || return 0
  [ -n "$minor" ] || return 0
  for conf in /etc/pve/lxc/*.conf; do
    [ -e "$conf" ] || continue
    if sed '/^\[/,$d' "$conf" | grep -E "^dev[0-9]+: */dev/nvidia$minor(,|\$)|^lxc\.mount\.entry: */dev/nvidia$minor " >/dev/null; then
      id=${conf##*/}
      printf "CT %s '%s'\n" "${id%.conf}" "$(sed -n 's/^hostname: *//p;/^\[/q' "$conf")"
      return 0
    fi
  done
}

require_free() {
  local mapping=$1 address=$2 functions group one user
  functions=$(functions_of "$address")
  [ -n "$functions" ] ||
    err "VM $NAME is to have the device $address, which $NODE does not have; nothing was changed. 'lspci -D' lists what there is"
  group=$(jq -s '.[0].iommugroup // -1' <<<"$functions")
  [ "$group" -ge 0 ] ||
    err "the device $address of $NODE is in no IOMMU group, so it cannot be passed through; nothing was changed. Switch on" \
      "VT-d or AMD-Vi in the firmware (and intel_iommu=on on the kernel's command line of an Intel host), and restart"
  while IFS= read -r one; do
    user=$(container_with "$one")
    [ -z "$user" ] ||
      err "the device $address ($mapping) of VM $NAME is the GPU of $user; nothing was changed." \
        "A GPU serves containers or one virtual machine: take it out of gpu_assignment, or out of passthrough"
  done < <(jq -r .id <<<"$functions")
}

mapping_now() { pvesh get "/cluster/mapping/pci/$1" --output-format json 2>/dev/null 9>&-; }

# path_of MAPPING: what it stands for on this node.
path_of() {
  jq -r --arg node "$NODE" '.map[] | split(",") | map(split("=") | {key: .[0], value: .[1]}) | from_entries
    | select(.node == $node) | .path' <<<"$1"
}

make_mapping() {
  local mapping=$1 address=$2 map
  map=$(functions_of "$address" | jq -rs --arg node "$NODE" --arg path "$address" '.[0]
    | "node=\($node),path=\($path),id=\(.vendor[2:]):\(.device[2:]),iommugroup=\(.iommugroup)"
      + (if .subsystem_vendor then ",subsystem-id=\(.subsystem_vendor[2:]):\(.subsystem_device[2:])" else "" end)')
  pve pvesh create /cluster/mapping/pci --id "$mapping" --map "$map" ||
    err "the PCI mapping $mapping could not be made; Proxmox VE's message is above"
  mkdir -p "$PHOENIX_STATE/mappings"
  printf '%s\n' "$TAG" >"$PHOENIX_STATE/mappings/$mapping"
  changed "mapped $address as $mapping"
}

main() {
  local mapping address now path
  need_cmd pvesh jq
  read_settings
  load NAME=name TAG=tag
  lock mappings 300
  HARDWARE=$(pvesh get "/nodes/$NODE/hardware/pci" --output-format json 9>&-) ||
    err "the PCI devices of $NODE could not be listed; Proxmox VE's message is above"
  # All of them are looked at before the first is mapped.
  while IFS=$'\t' read -r mapping address; do
    now=$(mapping_now "$mapping") || now='{"map":[]}'
    path=$(path_of "$now")
    if [ -z "$address" ] && [ -z "$path" ]; then
      err "there is no PCI mapping $mapping for node $NODE; nothing was changed. Make it under Datacenter, Resource Mappings," \
        "or give its entry in passthrough an address"
    fi
    if [ -n "$address" ] && [ -n "$path" ] && [ "$path" != "$address" ]; then
      err "the PCI mapping $mapping stands for $path on $NODE and not for $address; nothing was changed. Correct the address," \
        "or name another mapping"
    fi
    while IFS= read -r path; do require_free "$mapping" "$path"; done < <(tr ';' '\n' <<<"${address:-$path}")
  done < <(jq -r '.devices[] | "\(.mapping)\t\(.address // "")"' <<<"$SETTINGS")
  while IFS=$'\t' read -r mapping address; do
    if [ -n "$address" ] && ! mapping_now "$mapping" >/dev/null; then make_mapping "$mapping" "$address"; fi
  done < <(jq -r '.devices[] | "\(.mapping)\t\(.address // "")"' <<<"$SETTINGS")
  report
}

main
