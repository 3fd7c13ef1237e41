#!/usr/bin/env bash
# Joined in front of configure.sh: a container's NVIDIA cards, as devices of Proxmox VE (devN). It looks up a
# device's numbers at each start, so one whose number changed with a boot still fits.

# card_minor GPU: the number N of a card's /dev/nvidiaN, by index, PCI address or UUID.
card_minor() {
  local wanted=$1 index uuid bus
  while IFS=', ' read -r index uuid bus; do
    # nvidia-smi writes a domain of eight digits, the kernel one of four.
    bus=${bus,,}
    bus=${bus:4}
    if [ "$wanted" = "$index" ] || [ "${wanted,,}" = "${uuid,,}" ] || [ "${wanted,,}" = "$bus" ]; then
      sed -nE 's/^Device Minor:[[:space:]]*//p' "/proc/driver/nvidia/gpus/$bus/information"
      return 0
    fi
  done < <(nvidia-smi --query-gpu=index,uuid,pci.bus_id --format=csv,noheader 9>&-)
  err "CT $CTID is to have GPU $wanted, which $(hostname) does not have:" \
    "$(nvidia-smi -L 2>/dev/null | paste -sd ';' -). Correct gpu_assignment"
}

# wanted_devices: device nodes of the assigned cards, one a line; none without a card.
wanted_devices() {
  local gpu node
  local -a gpus=()
  mapfile -t gpus < <(list gpus)
  [ "${#gpus[@]}" -gt 0 ] || return 0
  command -v nvidia-smi >/dev/null ||
    err "CT $CTID is assigned GPU ${gpus[*]}, but $(hostname) has no NVIDIA driver: set nvidia_driver.install, or gpu_assignment to none"
  printf '/dev/nvidia%s\n' ctl -uvm -uvm-tools
  for gpu in "${gpus[@]}"; do
    node=$(card_minor "$gpu") || exit 1
    printf '/dev/nvidia%s\n' "$node"
  done
  for node in /dev/nvidia-caps/*; do
    [ ! -c "$node" ] || printf '%s\n' "$node"
  done
}

# own_devices: "devN path" of the container's NVIDIA devices.
own_devices() {
  sed '/^\[/,$d' "$(guest_conf "$CTID")" | sed -nE 's/^(dev[0-9]+): *(path=)?(\/dev\/nvidia[^,]*).*/\1 \3/p'
}

# hold_devices: exactly the devices of the assigned cards; devices of other kinds stay.
hold_devices() {
  local wanted key path slot=0
  local -a options=() drop=()
  wanted=$(wanted_devices) || exit 1
  while read -r key path; do
    grep -Fxq -- "$path" <<<"$wanted" || drop+=("$key")
  done < <(own_devices)
  while IFS= read -r path; do
    [ -n "$path" ] || continue
    ! own_devices | grep " $path\$" >/dev/null || continue
    [ -c "$path" ] || err "$path is not there on $(hostname); see 'systemctl status phoenix-nvidia'"
    while [ -n "$(guest_value "$CTID" "dev$slot")" ]; do slot=$((slot + 1)); done
    options+=("--dev$slot" "$path,mode=0666")
    slot=$((slot + 1))
  done <<<"$wanted"
  [ "${#drop[@]}" -eq 0 ] || options+=(--delete "$(IFS=,; printf '%s' "${drop[*]}")")
  [ "${#options[@]}" -gt 0 ] || return 0
  pve pct set "$CTID" "${options[@]}" || err "CT $CTID could not be given its GPUs; Proxmox VE's message is above"
  changed "CT $CTID: NVIDIA devices $(paste -sd ' ' <<<"${wanted:-none}")"
}
