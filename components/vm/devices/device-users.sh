#!/usr/bin/env bash
# Mappings of devices, and the users of a device: virtual machines, containers, programs of the host.
. host/lib/once.sh
set -euo pipefail

# Mappings of this stack, one file each with "TAG NAME" of the machine they were made for.
# shellcheck disable=SC2034 # the scripts that source this use it
MAPPED=$PHOENIX_STATE/mappings

# Everything about the mappings of the datacenter, as JSON.
MAPPINGS='[]'

read_mappings() {
  MAPPINGS=$(asked mappings timeout -k 5 60 pvesh get /cluster/mapping/pci --output-format json 9>&-) ||
    err "the PCI mappings could not be listed; Proxmox VE's message is above. Nothing was changed"
}

# The PCI devices of the node, as JSON.
HARDWARE='[]'

read_hardware() {
  HARDWARE=$(asked hardware timeout -k 5 60 pvesh get "/nodes/$(hostname)/hardware/pci" --output-format json 9>&-) ||
    err "the PCI devices of $(hostname) could not be listed; Proxmox VE's message is above. Nothing was changed"
}

# functions_of ADDRESS: the node's functions behind it, one a line as JSON; without a function it means all of them.
functions_of() {
  jq -c --arg address "$(full_address "$1")" '.[] | select(.id == $address or (.id | startswith($address + ".")))' <<<"$HARDWARE"
}

# map_of MAPPING: what it says of this node, one entry a line as JSON.
map_of() {
  jq -c --arg mapping "$1" --arg node "$(hostname)" '.[] | select(.id == $mapping) | .map[]
    | split(",") | map(split("=") | {key: .[0], value: .[1]}) | from_entries | select(.node == $node)' <<<"$MAPPINGS"
}

# full_address ADDRESS: as the kernel writes it.
full_address() {
  case $1 in
    ????:??:*) printf '%s\n' "${1,,}" ;;
    *) printf '0000:%s\n' "${1,,}" ;;
  esac
}

# covers ADDRESS FUNCTION: whether a device, or all functions of one, have this function among them.
covers() {
  local address
  address=$(full_address "$1")
  [ "$address" = "$2" ] || [ "$address" = "${2%.*}" ]
}

# passed_in CONF: addresses that a machine's configuration passes through, now or after its next stop, one a line.
passed_in() {
  local value
  while IFS= read -r value; do
    case $value in
      mapping=*) map_of "${value#mapping=}" | jq -r .path ;;
      *) printf '%s\n' "${value#host=}" ;;
    esac
  done < <(conf_devices "$1") | tr ';' '\n'
}

# machines_with FUNCTION: VMIDs of this node's machines that it is passed through to, one a line.
machines_with() {
  local conf address
  for conf in /etc/pve/qemu-server/*.conf; do
    [ -e "$conf" ] || continue
    while IFS= read -r address; do
      if covers "$address" "$1"; then
        basename "$conf" .conf
        break
      fi
    done < <(passed_in "$conf")
  done
}

# value_of VMID KEY: of a machine's own configuration, above the first [section].
value_of() { conf_value "/etc/pve/qemu-server/$1.conf" "$2"; }

# running_with FUNCTION [NAME TAG]: "VM 100 'name'" of the running machine that has it; '' for none. The machine of this
# stack by that name and tag does not count.
running_with() {
  local id name
  for id in $(machines_with "$1"); do
    name=$(value_of "$id" name)
    if [ -n "${2:-}" ] && [ "$name" = "$2" ] && tr ';, ' '\n' <<<"$(value_of "$id" tags)" | grep -Fx -- "${3:-}" >/dev/null; then continue; fi
    runs qm "$id" "VM $id '$name', which has the device $1," || continue
    printf "VM %s '%s'\n" "$id" "$name"
    return 0
  done
}

# mapping_used MAPPING: by a machine of this node, a snapshot of one included.
mapping_used() { grep -Eqs "^hostpci[0-9]+: (.*,)?mapping=$1(,|\$)" /etc/pve/qemu-server/*.conf; }

# The number N of a card's /dev/nvidiaN; '' while NVIDIA's driver does not have it.
nvidia_minor() { sed -n 's/^Device Minor:[ \t]*//p' "/proc/driver/nvidia/gpus/$1/information" 2>/dev/null || true; }

# container_with FUNCTION: the container that has the GPU, by the number of its device file.
container_with() {
  local minor conf id
  minor=$(nvidia_minor "$1")
  [ -n "$minor" ] || return 0
  for conf in /etc/pve/lxc/*.conf; do
    [ -e "$conf" ] || continue
    if awk '/^\[/ { rest = ($0 != "[pve:pending]") } !rest' "$conf" | grep -E "^dev[0-9]+: */dev/nvidia$minor(,|\$)|^lxc\.mount\.entry: */dev/nvidia$minor " >/dev/null; then
      id=${conf##*/}
      printf "CT %s '%s'\n" "${id%.conf}" "$(sed -n 's/^hostname: *//p;/^\[/q' "$conf")"
      return 0
    fi
  done
}

# holders_of FUNCTION: programs of the host that have one of its device nodes open, "name (pid)", one a line. NVIDIA's
# persistence daemon closes a card when its persistence mode ends.
holders_of() {
  local node pid name minor
  local -a links=()
  minor=$(nvidia_minor "$1")
  [ -z "$minor" ] || links+=(-o -lname "/dev/nvidia$minor")
  for node in "/sys/bus/pci/devices/$1/drm"/*; do
    case ${node##*/} in card* | renderD*) links+=(-o -lname "/dev/dri/${node##*/}") ;; esac
  done
  [ "${#links[@]}" -gt 0 ] || return 0
  { find /proc/[0-9]*/fd -maxdepth 1 \( "${links[@]:1}" \) -printf '%h\n' 2>/dev/null || true; } | sort -u |
    while IFS=/ read -r _ _ pid _; do
      name=$(cat "/proc/$pid/comm" 2>/dev/null) || continue
      case $name in nvidia-persiste*) ;; *) printf '%s (%s)\n' "$name" "$pid" ;; esac
    done
}
