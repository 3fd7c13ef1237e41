#!/usr/bin/env bash
# Looks whether a container that is gone can be recreated, and changes nothing. That it is gone is reported by the preview: it
# has another incarnation in the settings of all its steps.
# Settings: step.ts
. container/lib/look.sh
set -euo pipefail

main() {
  local name=''
  read_settings
  load CTID=ctid TAG=tag name=hostname
  if [ -d /etc/pve/lxc ] && [ ! -e "$(guest_conf "$CTID")" ]; then
    # Each of these ends the look where it would refuse.
    require_id "$CTID"
    refuse_moved "$(guest_conf "$CTID")" "$name" "$TAG"
  fi
  finish_look
}

main
