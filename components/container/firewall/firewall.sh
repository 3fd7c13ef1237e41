#!/usr/bin/env bash
# A container's own firewall: /etc/pve/firewall/<CTID>.fw says exactly what the entry says.
# Settings: step.ts
. container/lib/rollback.sh
set -euo pipefail

firewall_text() {
  printf '[OPTIONS]\n\nenable: %s\n\n[RULES]\n\n' "$([ "$1" = true ] && echo 1 || echo 0)"
  list rules
}

# clear_dead_writes FILE: removes temporary files of processes that were killed while they wrote it; they are named as
# Proxmox VE's own tools name them.
clear_dead_writes() {
  local left
  for left in "$1".tmp.*; do
    [[ ! ${left##*.} =~ ^[0-9]+$ ]] || kill -0 "${left##*.}" 2>/dev/null || rm -f -- "$left"
  done
}

main() {
  local enabled='' file
  enter_guest firewall
  load enabled=enabled
  file=/etc/pve/firewall/$CTID.fw
  if looking; then
    same_text "$file" < <(firewall_text "$enabled") || differs "$file" "$FILE_STATE" "$AS_WRITTEN"
    report
  fi
  clear_dead_writes "$file"
  mkdir -p "${file%/*}" || err "${file%/*} could not be made; nothing was changed. /etc/pve takes no changes without a quorum ('pvecm status')"
  if ! cmp -s <(firewall_text "$enabled") "$file"; then
    keep_original "$file"
    store_file "$file" < <(firewall_text "$enabled") ||
      err "the firewall of CT $CTID could not be written to $file, which is unchanged: /etc/pve takes no changes" \
        "without a quorum ('pvecm status') or space"
    changed "CT $CTID: firewall $([ "$enabled" = true ] && echo on || echo off), $(list rules | grep -c . || true) rules"
  fi
  report
}

main
