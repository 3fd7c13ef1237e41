#!/usr/bin/env bash
# The node's time zone.
# Settings: step.ts
set -euo pipefail

ZONES=/usr/share/zoneinfo

# zone: the one in use; without a link it is UTC (localtime(5)).
zone() {
  local link
  link=$(readlink /etc/localtime) || link=$ZONES/UTC
  printf '%s' "${link#*zoneinfo/}"
}

set_zone() {
  local said
  said=$(timedatectl set-timezone "$1" 2>&1) || err "timedatectl refused $1: $said"
  [ "$(zone)" = "$1" ] || err "the time zone is $(zone) after timedatectl set $1"
}

main() {
  need_cmd timedatectl
  read_settings
  local wanted='' now
  load wanted=timezone
  lock timezone 60
  case $wanted in
    '' | /* | *..*) err "'$wanted' is not a time zone; nothing was changed" ;;
  esac
  [ -f "$ZONES/$wanted" ] ||
    err "this node does not know the time zone $wanted ('timedatectl list-timezones' shows those it knows); nothing was changed"
  now=$(zone)
  looking || [ -e "$PHOENIX_STATE/timezone-before" ] || printf '%s\n' "$now" >"$PHOENIX_STATE/timezone-before"
  [ "$now" = "$wanted" ] || repair timezone "$now" "$wanted" set_zone "$wanted"
  report
}

main
