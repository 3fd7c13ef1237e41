#!/usr/bin/env bash
# Looks at everything the host's initial set-up holds, and changes nothing.
# Settings: look.ts
. host/lib/look.sh
. hypervisor/lib/packages.sh
. hypervisor/lib/firewall.sh
. hypervisor/initial-setup/lib/sources.sh
. hypervisor/initial-setup/lib/network.sh
set -euo pipefail

verify_files() {
  local path
  [ -e /etc/logrotate.d/phoenix_hypervisor ] || deviates "/etc/logrotate.d/phoenix_hypervisor is missing"
  while read -r path; do
    cmp -s "$path" <(without_enterprise "$path") || deviates "$path enables a repository that needs a subscription"
  done < <(source_files)
}

verify_repositories() {
  local uri='' component=''
  load uri=nodeSource.uri component=nodeSource.component
  offered download.proxmox.com/debian/pve pve-no-subscription '' || deviates "no repository offers pve-no-subscription"
  [ -z "$uri" ] || offered "${uri#*://}" "$component" '' || deviates "$NODE_SOURCES is missing"
}

verify_names() {
  local name zone wanted='' timezone='' now
  load wanted=hostname timezone=timezone
  zone=$(readlink /etc/localtime) || zone=zoneinfo/UTC
  [ "${zone#*zoneinfo/}" = "$timezone" ] || deviates "the time zone is ${zone#*zoneinfo/}, not $timezone"
  name=$(hostname)
  name=${name%%.*}
  [ -z "$wanted" ] || [ "$name" = "$wanted" ] || deviates "the node is called $name, not $wanted"
  awk -v address="${ADDRESS%/*}" -v name="$name" '$1 == address { for (i = 2; i <= NF; i++) if ($i == name) found = 1 } END { exit !found }' /etc/hosts ||
    deviates "/etc/hosts does not give $name the address ${ADDRESS%/*}"
  now=$(awk '$1 == "nameserver" { print $2 }' /etc/resolv.conf 2>/dev/null | paste -sd ' ' -) || true
  [ "$now" = "$(list nameservers | paste -sd ' ' -)" ] || deviates "the name servers are ${now:-none}, not $(list nameservers | paste -sd ' ' -)"
}

verify_bridge() {
  is_live || deviates "$BRIDGE is $(live_addresses "$BRIDGE" 2>/dev/null | paste -sd ' ' -) by way of $(live_gateway), not $ADDRESS by way of $GATEWAY"
  is_configured || deviates "the network's files do not give $BRIDGE $ADDRESS by way of $GATEWAY"
}

verify_packages() {
  local -a names=()
  local missing
  mapfile -t names < <(list packages)
  missing=$(packages_missing "${names[@]}" | paste -sd ' ' -)
  [ -z "$missing" ] || deviates "packages are not installed: $missing"
  systemctl is-active --quiet chrony || deviates "chrony is not running"
  systemctl is-enabled --quiet chrony 2>/dev/null || deviates "chrony is not enabled"
}

verify_firewall() {
  local wanted='' line added
  load wanted=ufw
  [ "$wanted" = true ] || return 0
  if ! firewall_there; then
    deviates "ufw is not installed"
    return 0
  fi
  grep -q '^Status: active' <<<"$(ufw status 2>/dev/null)" || deviates "ufw is off"
  added=$(ufw show added 2>/dev/null | sed -n 's/^ufw //p')
  [ ! -e "$FIREWALL_STATE/host" ] || while read -r line; do
    grep -Fxq -- "${line#[+=]}" <<<"$added" || deviates "ufw lacks the rule '${line#[+=]}'"
  done <"$FIREWALL_STATE/host"
}

main() {
  read_settings
  read_bridge
  verify_files
  verify_repositories
  verify_packages
  verify_names
  verify_bridge
  verify_firewall
  finish_look
}

main
