#!/usr/bin/env bash
# Looks whether the driver is as it should be, and changes nothing.
# Settings: look.ts
. hypervisor/nvidia-driver/lib/nvidia.sh
set -euo pipefail

same() { [ "$(cat "$1" 2>/dev/null)" = "$2" ]; }

deviations() {
  local version=$1 dkms=$2 found
  found=$(nvidia_loaded)
  [ "$found" = "$version" ] || echo "kernel module: ${found:-not loaded}, not $version"
  found=$(nvidia_version)
  [ "$found" = "$version" ] || echo "nvidia-smi: ${found:-does not work}, not $version"
  if [ "$dkms" = true ] && ! nvidia_dkms "$version"; then
    echo "DKMS: $version is not installed for kernel $(uname -r)"
  fi
  same "$NVIDIA_BLACKLIST" "$(nvidia_blacklist)" || echo "$NVIDIA_BLACKLIST is missing or changed"
  same "$NVIDIA_UNIT_FILE" "$(nvidia_unit)" || echo "$NVIDIA_UNIT_FILE is missing or changed"
  systemctl is-enabled --quiet "$NVIDIA_UNIT" 2>/dev/null || echo "$NVIDIA_UNIT is not enabled"
  systemctl is-active --quiet "$NVIDIA_UNIT" || echo "$NVIDIA_UNIT is not active"
  [ -c /dev/nvidiactl ] || echo "/dev/nvidiactl is missing"
  [ -c /dev/nvidia-uvm ] || echo "/dev/nvidia-uvm is missing"
  [ "$(nvidia_uvm_node)" = "$(nvidia_uvm_major)" ] || echo "/dev/nvidia-uvm has another number than /proc/devices"
}

main() {
  read_settings
  local version='' dkms=''
  load version=version dkms=dkms
  nvidia_without_card
  deviations "$version" "$dkms" | jq -Rcn '{changed: false, deviations: [inputs]}' >&3
}

main
