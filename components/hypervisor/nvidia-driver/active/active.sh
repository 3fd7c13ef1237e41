#!/usr/bin/env bash
# Makes the driver work in the wanted version: loads the modules, makes the device nodes, compares nvidia-smi's version.
# Settings: step.ts
. hypervisor/lib/services.sh
. hypervisor/nvidia-driver/lib/nvidia.sh
set -euo pipefail

# After a restart, sshd is there before Proxmox VE.
node_ready() {
  [ -e /etc/pve/local ] && systemctl is-active --quiet pve-cluster && systemctl is-active --quiet pveproxy
}

require_restarted() {
  local why
  [ -e "$NVIDIA_RESTART" ] || return 0
  why=$(grep . "$NVIDIA_STATE/restart-failed" 2>/dev/null | paste -sd ' ' -) || true
  [ -n "$why" ] || why="$(cat "$NVIDIA_RESTART") is still loaded"
  CODE=6 err "$(hostname) has not restarted, and the NVIDIA driver $1 needs it: $why." \
    "Restart it yourself ('systemctl reboot'), then run again"
}

# tell_devices VERSION: what the guests need of the driver beside that it is there.
tell_devices() {
  local now
  if [ -z "$(nvidia_loaded)" ]; then
    differs "NVIDIA module" 'not loaded' "$1"
    return 0
  fi
  [ -c /dev/nvidiactl ] || differs /dev/nvidiactl missing there
  now=$(nvidia_uvm_node)
  [ "$now" = "$(nvidia_uvm_major)" ] || differs "/dev/nvidia-uvm number" "${now:-missing}" "$(nvidia_uvm_major)"
}

# fits: whether the device nodes exist, with the numbers of the loaded modules.
fits() { [ -c /dev/nvidiactl ] && [ -n "$(nvidia_uvm_major)" ] && [ "$(nvidia_uvm_node)" = "$(nvidia_uvm_major)" ]; }

main() {
  read_settings
  local version='' found
  load version=version
  lock nvidia 1800
  nvidia_without_card
  if looking; then
    ! nvidia_ready "$version" || tell_devices "$version"
    service_ensure "$NVIDIA_UNIT"
    report
  fi
  wait_for "${PHOENIX_READY_WAIT:-300}" node_ready || CODE=6 err "Proxmox VE's services are not up 5 minutes after $(hostname) answered;" \
    "see 'systemctl status pve-cluster pveproxy'"
  [ "$(nvidia_version)" = "$version" ] || require_restarted "$version"
  service_ensure "$NVIDIA_UNIT"
  # The nodes may be older than the loaded driver, or somebody unloaded modules.
  if ! fits; then
    rm -f /dev/nvidia-uvm /dev/nvidia-uvm-tools
    service_restart "$NVIDIA_UNIT"
  fi
  found=$(nvidia_version)
  [ "$found" = "$version" ] || CODE=5 err "nvidia-smi reports ${found:-no driver}, not $version" \
    "($(nvidia-smi 2>&1 | head -n 1)); kernel module: $(nvidia_loaded | grep . || echo none)." \
    "See 'dkms status', 'journalctl -k' and /var/log/nvidia-installer.log on $(hostname), then run again"
  nvidia-smi 2>&1 | tr -cd '[:print:]\n' | head -n 40 | cut -c 1-160 >&2 || true
  rm -f "$NVIDIA_RESTART" "$NVIDIA_STATE/waiting" "$NVIDIA_STATE/restart-failed"
  report
}

main
