#!/usr/bin/env bash
# The node's name. Proxmox VE keeps everything of a node below that name, so only an empty node is renamed.
# Settings: step.ts
. hypervisor/lib/services.sh
. hypervisor/initial-setup/lib/written.sh
set -euo pipefail

# require_empty NOW WANTED
require_empty() {
  local guests
  [ ! -e /etc/pve/corosync.conf ] ||
    err "this node is called $1 and is in a cluster: it cannot be renamed; set initial_setup.hostname to $1; nothing was changed"
  guests=$(find /etc/pve/nodes -path '*/lxc/*.conf' -o -path '*/qemu-server/*.conf' 2>/dev/null | sed 's|.*/||; s|\.conf$||' | sort -n | paste -sd, -)
  [ -z "$guests" ] ||
    err "this node is called $1 and has guests ($guests): renaming it to $2 would hide them;" \
      "remove or move them first, or set initial_setup.hostname to $1; nothing was changed"
}

# rename NOW WANTED
rename() {
  local said unit
  # The former name is still in /etc/hosts, so that both names have an address at any time.
  write_shared /etc/hosts < <(awk -v old="$1" -v new="$2" '
    /^[ \t]*#/ { print; next }
    { for (i = 2; i <= NF; i++) if ($i == old) { print $0, new; next } print }' /etc/hosts) || true
  said=$(hostnamectl set-hostname "$2" 2>&1) || err "hostnamectl refused $2: $said"
  [ "$(hostname)" = "$2" ] || err "the node is called $(hostname) after hostnamectl set $2"
  changed "host name $1 -> $2"
  for unit in pve-cluster pvedaemon pveproxy pvestatd; do service_restart "$unit"; done
  say "folders of the old name stay in /etc/pve/nodes/$1; set the stack's nodeName to $2"
}

main() {
  need_cmd hostnamectl
  read_settings
  local wanted='' now
  load wanted=hostname
  [[ $wanted =~ ^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$ ]] || err "'$wanted' is not a host name; nothing was changed"
  lock hostname 120
  now=$(hostname)
  now=${now%%.*}
  if [ "$now" != "$wanted" ]; then
    require_empty "$now" "$wanted"
    mend hostname "$now" "$wanted" rename "$now" "$wanted"
  fi
  report
}

main
