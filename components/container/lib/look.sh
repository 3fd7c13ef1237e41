#!/usr/bin/env bash
# What looks at containers share. One that is gone or somebody else's is told by the plan, which asks Proxmox VE itself,
# and by the claim of its CTID.
. host/lib/look.sh
. host/lib/once.sh
. container/lib/running.sh

# look_at_guest: reads the settings, and the container's configuration; the look ends where there is none of ours.
look_at_guest() {
  local tags
  read_settings
  load CTID=ctid TAG=tag
  if [ -e "/etc/pve/lxc/$CTID.conf" ]; then
    read_guest "/etc/pve/lxc/$CTID.conf"
    tags=";${NOW[tags]-};"
    [[ ${tags//[, ]/;} != *";$TAG;"* ]] || return 0
  fi
  finish_look
  exit 0
}

# seen_running, seen_stopped CTID: as Proxmox VE lists it; neither while it does not tell.
seen_running() { [ "$(seen_power "$1")" = running ]; }

seen_stopped() { [ "$(seen_power "$1")" = stopped ]; }

seen_power() { once containers timeout -k 5 20 pct list 2>/dev/null | awk -v id="$1" '$1 == id { print $2 }'; }
