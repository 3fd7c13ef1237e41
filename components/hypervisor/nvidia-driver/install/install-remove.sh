#!/usr/bin/env bash
# Removes the driver when this stack installed it, and restores the host's files. It forces no restart.
. hypervisor/lib/services.sh
. hypervisor/nvidia-driver/lib/nvidia.sh
set -euo pipefail

remove_unit() {
  service_stop "$NVIDIA_UNIT"
  if [ -e "$NVIDIA_UNIT_FILE" ]; then
    remove_file "$NVIDIA_UNIT_FILE"
    changed "removed $NVIDIA_UNIT_FILE"
    systemctl daemon-reload
  fi
}

uninstall() {
  local version=$1
  if command -v nvidia-uninstall >/dev/null; then
    # What is still loaded stays until the next restart; the files go.
    nvidia-uninstall --silent >&2 9>&- </dev/null || err "the NVIDIA driver could not be uninstalled; see /var/log/nvidia-installer.log"
    changed "uninstalled the NVIDIA driver $version"
  fi
  if command -v dkms >/dev/null && dkms status 2>/dev/null | grep -F "nvidia/$version" >/dev/null; then
    dkms remove "nvidia/$version" --all >&2 9>&- || say "warning: DKMS still has nvidia/$version"
  fi
}

restore_blacklist() {
  restore_original "$NVIDIA_BLACKLIST" || return 0
  changed "$NVIDIA_BLACKLIST is as it was before; nouveau may have the cards at the next start"
  update-initramfs -u >&2 9>&- || say "warning: update-initramfs failed; the initramfs still keeps nouveau away"
}

main() {
  cat >/dev/null
  local users
  lock nvidia 1800
  users=$(nvidia_guests | paste -sd ' ' -)
  if [ -e "$NVIDIA_STATE/installed" ] && [ -n "$users" ]; then
    say "warning: running containers use the NVIDIA driver ($users): it stays, and nothing was changed"
    report
    return
  fi
  remove_unit
  [ ! -e "$NVIDIA_STATE/installed" ] || uninstall "$(cat "$NVIDIA_STATE/installed")"
  restore_blacklist
  rm -rf "${NVIDIA_STATE:?}" "$NVIDIA_RESTART"
  rm -f /var/cache/phoenix/NVIDIA-Linux-*.run /var/cache/phoenix/NVIDIA-Linux-*.part
  rmdir /var/cache/phoenix 2>/dev/null || true
  report
}

main
