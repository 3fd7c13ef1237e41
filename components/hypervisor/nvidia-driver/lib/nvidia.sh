#!/usr/bin/env bash
# What the scripts of NVIDIA's driver share.
# shellcheck disable=SC2034 # the scripts that source this use these
. host/lib/once.sh
. host/lib/pci.sh
set -euo pipefail

NVIDIA_STATE=$PHOENIX_STATE/nvidia
NVIDIA_BLACKLIST=/etc/modprobe.d/phoenix-nouveau.conf
NVIDIA_UNIT=phoenix-nvidia.service
NVIDIA_UNIT_FILE=/etc/systemd/system/$NVIDIA_UNIT
# In memory, so that it is gone after a restart of the host.
NVIDIA_RESTART=/run/phoenix/nvidia-restart

# nvidia_loaded: version of the kernel module that is loaded; '' when none is.
nvidia_loaded() { cat /sys/module/nvidia/version 2>/dev/null || true; }

# nvidia_version: what nvidia-smi reports; '' while it does not work. It loads the module where that is not loaded.
nvidia_version() {
  local said limit=120
  ! looking || limit=5
  said=$(asked nvidia-version timeout "$limit" nvidia-smi --query-gpu=driver_version --format=csv,noheader 2>/dev/null) || return 0
  printf '%s\n' "${said%%$'\n'*}"
}

# nvidia_found VERSION: which driver is there, in the words of a look. A module that can be loaded need not be; nothing
# is loaded for a look.
nvidia_found() {
  local now
  now=$(nvidia_loaded)
  [ -n "$now" ] || now=$(modinfo -F version nvidia 2>/dev/null) || true
  if [ -z "$now" ]; then
    printf 'missing for kernel %s' "$(uname -r)"
  elif [ "$now" = "$1" ] && [ -n "$(nvidia_loaded)" ] && [ "$(nvidia_version)" != "$1" ]; then
    printf '%s without a working nvidia-smi' "$now"
  else
    printf '%s' "$now"
  fi
}

# nvidia_ready VERSION: the driver is there in that version; else a look tells it. Each step asks, as all of them have to
# run where the driver is installed again, whatever the one before did.
nvidia_ready() {
  local now
  if ! looking; then
    [ "$(nvidia_version)" = "$1" ]
    return
  fi
  now=$(nvidia_found "$1")
  [ "$now" = "$1" ] || {
    differs "NVIDIA driver" "$now" "$1"
    return 1
  }
}

# nvidia_dkms VERSION KERNEL: whether DKMS has built and installed this version for a kernel.
nvidia_dkms() {
  command -v dkms >/dev/null || return 1
  dkms status 2>/dev/null | grep -F -e "nvidia/$1, $2, " | grep ': installed' >/dev/null
}

# nvidia_guests: CTIDs of the running containers that have NVIDIA's devices, one a line.
nvidia_guests() {
  local conf id
  for conf in /etc/pve/lxc/*.conf; do
    [ -e "$conf" ] || continue
    sed '/^\[/,$d' "$conf" | grep -E '^(dev[0-9]+|lxc\.mount\.entry): */dev/nvidia' >/dev/null || continue
    id=${conf##*/}
    id=${id%.conf}
    ! runs pct "$id" "CT $id, which has a GPU," || printf '%s\n' "$id"
  done
}

# nvidia_without_card: ends the script successfully, with a remark in its result, when there is no card.
nvidia_without_card() {
  [ -z "$(nvidia_cards)" ] || return 0
  ! looking || report
  say "$(hostname) has no NVIDIA card; nothing was done"
  end_with '{"changed":false,"did":[],"note":"no NVIDIA card in this host: nothing was done"}'
  exit 0
}

# nvidia_unit: the text of the unit that makes modules, device nodes and persistence ready for the guests.
nvidia_unit() {
  cat <<'UNIT'
# Written by Phoenix. NVIDIA's device nodes are made on demand only, and guests are given what is there.
# First, cards that driverctl sets aside for virtual machines leave the driver, at most 60 s: it gives none up that is
# in persistence mode.
[Unit]
Description=NVIDIA modules and device nodes, before the guests that use them
After=systemd-udev-trigger.service
Before=pve-guests.service
ConditionPathExists=/usr/bin/nvidia-smi

[Service]
Type=oneshot
RemainAfterExit=yes
TimeoutStartSec=120
ExecStartPre=-/bin/sh -c 'n=0; for f in /etc/driverctl.d/pci-*; do d=/sys/bus/pci/devices/$${f##*/pci-}; [ "$$(cat $$f 2>/dev/null)" = vfio-pci ] && [ -e $$d ] || continue; until [ $$n -ge 300 ] || [ "$$(basename "$$(readlink $$d/driver)")" = vfio-pci ]; do n=$$((n + 1)); sleep 0.2; done; done'
ExecStart=/usr/bin/nvidia-modprobe -u -c 0
ExecStart=/usr/bin/nvidia-smi -pm 1

[Install]
WantedBy=multi-user.target
UNIT
}

# nvidia_blacklist: the text that keeps nouveau from the cards.
nvidia_blacklist() {
  printf '%s\n' '# Written by Phoenix: nouveau and the NVIDIA driver exclude one another.' \
    'blacklist nouveau' 'options nouveau modeset=0'
}

# nvidia_uvm_major: the major number of unified memory's devices; it may change with each boot.
nvidia_uvm_major() { awk '$2 == "nvidia-uvm" { print $1 }' /proc/devices; }

# nvidia_uvm_node: the number that the device node has; '' when there is none.
nvidia_uvm_node() {
  local major
  major=$(stat -c %t /dev/nvidia-uvm 2>/dev/null) || return 0
  printf '%d\n' "0x$major"
}
