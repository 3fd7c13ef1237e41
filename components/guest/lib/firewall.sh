#!/usr/bin/env bash
# A guest's own firewall, /etc/pve/firewall/<id>.fw, which says exactly what its entry says.
# Settings: enabled, rules

firewall_file() { printf '/etc/pve/firewall/%s.fw\n' "$1"; }

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

# ensure_firewall ID GUEST: ends the step.
ensure_firewall() {
  local enabled='' file guest=$2
  load enabled=enabled
  file=$(firewall_file "$1")
  if looking; then
    same_text "$file" < <(firewall_text "$enabled") || differs "$file" "$FILE_STATE" "$AS_WRITTEN"
    report
  fi
  clear_dead_writes "$file"
  mkdir -p "${file%/*}" || err "${file%/*} could not be made; nothing was changed. /etc/pve takes no changes without a quorum ('pvecm status')"
  if ! cmp -s <(firewall_text "$enabled") "$file"; then
    keep_original "$file"
    store_file "$file" < <(firewall_text "$enabled") ||
      err "the firewall of $guest could not be written to $file, which is unchanged: /etc/pve takes no changes" \
        "without a quorum ('pvecm status') or space"
    changed "$guest: firewall $([ "$enabled" = true ] && echo on || echo off), $(list rules | grep -c . || true) rules"
  fi
  report
}

# take_firewall_back ID GUEST CONF: as it was before; one of a guest that is gone goes.
take_firewall_back() {
  local file copy guest=$2
  file=$(firewall_file "$1")
  copy=$(original_of "$file")
  if [ -e "$3" ] && [ -e "$copy" ]; then
    put_copy "$copy" "$file"
    changed "$guest: brought its firewall back"
  elif [ -e "$file" ]; then
    remove_file "$file"
    changed "$guest: removed its firewall"
  fi
  rm -f "$copy" "$copy.absent"
  report
}
