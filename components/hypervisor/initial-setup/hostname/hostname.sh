#!/usr/bin/env bash
# The node's name. Proxmox VE keeps everything of a node below that name, so only an empty node is renamed.
# Settings: step.ts
. hypervisor/lib/services.sh
. hypervisor/initial-setup/lib/written.sh
set -euo pipefail

main() {
  need_cmd hostnamectl
  read_settings
  local wanted='' now guests said unit
  load wanted=hostname
  [[ $wanted =~ ^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$ ]] || err "'$wanted' is not a host name; nothing was changed"
  lock hostname 120
  now=$(hostname)
  now=${now%%.*}
  if [ "$now" != "$wanted" ]; then
    [ ! -e /etc/pve/corosync.conf ] ||
      err "this node is called $now and is in a cluster: it cannot be renamed; set initial_setup.hostname to $now; nothing was changed"
    guests=$(find /etc/pve/nodes -path '*/lxc/*.conf' -o -path '*/qemu-server/*.conf' 2>/dev/null | sed 's|.*/||; s|\.conf$||' | sort -n | paste -sd, -)
    [ -z "$guests" ] ||
      err "this node is called $now and has guests ($guests): renaming it to $wanted would hide them;" \
        "remove or move them first, or set initial_setup.hostname to $now; nothing was changed"
    # The name of before is still in /etc/hosts, so that neither name is ever without an address.
    write_shared /etc/hosts < <(awk -v old="$now" -v new="$wanted" '
      /^[ \t]*#/ { print; next }
      { for (i = 2; i <= NF; i++) if ($i == old) { print $0, new; next } print }' /etc/hosts) || true
    said=$(hostnamectl set-hostname "$wanted" 2>&1) || err "hostnamectl refused $wanted: $said"
    [ "$(hostname)" = "$wanted" ] || err "the node is called $(hostname) after hostnamectl set $wanted"
    changed "host name $now -> $wanted"
    for unit in pve-cluster pvedaemon pveproxy pvestatd; do service_restart "$unit"; done
    say "folders of the old name stay in /etc/pve/nodes/$now; set the stack's nodeName to $wanted"
  fi
  report
}

main
