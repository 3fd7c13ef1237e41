#!/usr/bin/env bash
# ufw on the node: rules for the node's own services, and the rule for SSH before it is switched on.
# Settings: step.ts
. hypervisor/lib/firewall.sh
. hypervisor/lib/ssh-ports.sh
set -euo pipefail

ufw_active() { grep -q '^Status: active' <<<"$(firewall_ufw status)"; }

# require_harmless: refuses where switching ufw on would cut something that works now.
require_harmless() {
  local own
  [ ! -e /etc/pve/corosync.conf ] ||
    err "this node is in a cluster, which ufw would cut off from the others; set initial_setup.ufw to false and use Proxmox VE's firewall; nothing was changed"
  own=$(firewall_ufw show added | grep -E '^ufw( route)? (deny|reject|limit) ' | head -n 1) || true
  [ -z "$own" ] ||
    err "ufw is off and has the rule '$own' of somebody else, which would count from now on; remove it ('ufw $(firewall_delete "${own#ufw }")')" \
      "or switch ufw on by hand, then run again; nothing was changed"
}

# switch_on PORT…: checks the added rules first: without the rule for SSH nobody could reach the node to repair it.
switch_on() {
  local port
  for port; do
    grep -Eq "^ufw (allow|limit) $port/tcp\$" <<<"$(firewall_ufw show added)" ||
      err "ufw has no rule that lets SSH in on port $port: it stays off"
  done
  : >"$PHOENIX_STATE/ufw-was-off"
  firewall_ufw --force enable >/dev/null
  ufw_active || err "ufw is not active after 'ufw enable'; see 'systemctl status ufw' on the node"
  changed "switched ufw on"
}

main() {
  need_cmd ufw
  read_settings
  local port='' bridge='' line active=yes
  local -a rules=() ssh=()
  load port=sshPort bridge=bridge
  lock host-firewall 120
  mapfile -t ssh < <(ssh_ports "$port")
  for line in "${ssh[@]}"; do rules+=("allow $line/tcp"); done
  while read -r line; do rules+=("$line"); done < <(list rules)
  # Where the kernel shows bridged packets to the firewall, ufw would drop what guests send.
  rules+=("route allow in on $bridge out on $bridge")
  if ! ufw_active; then
    active=''
    require_harmless
  fi
  firewall_allow host "${rules[@]}"
  [ -n "$active" ] || mend initial_setup.ufw off on switch_on "${ssh[@]}"
  report
}

main
