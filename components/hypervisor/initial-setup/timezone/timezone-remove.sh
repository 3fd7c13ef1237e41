#!/usr/bin/env bash
# Restores the node's former time zone.
set -euo pipefail

main() {
  cat >/dev/null
  local before now
  lock timezone 60
  if [ -e "$PHOENIX_STATE/timezone-before" ]; then
    before=$(cat "$PHOENIX_STATE/timezone-before")
    now=$(readlink /etc/localtime) || now=/usr/share/zoneinfo/UTC
    if [ "${now#*zoneinfo/}" != "$before" ]; then
      timedatectl set-timezone "$before" || err "timedatectl refused $before; its message is above"
      changed "time zone ${now#*zoneinfo/} -> $before"
    fi
    rm -f "$PHOENIX_STATE/timezone-before"
  fi
  report
}

main
