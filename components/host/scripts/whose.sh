#!/usr/bin/env bash
# Lists which guests have some ids on the nodes of the cluster, and changes nothing. On standard output, a line for each:
#   lxc|qemu ID NODE NAME TAGS, separated by tabs; NAME and TAGS may be empty
# Settings: {ids: [CTID or VMID]}
set -euo pipefail

main() {
  local id conf node kind
  read_settings
  [ -d /etc/pve/lxc ] ||
    err "the configuration of Proxmox VE is not there on $(hostname) (/etc/pve is empty); see 'systemctl status pve-cluster'"
  while read -r id; do
    for conf in /etc/pve/nodes/*/{lxc,qemu-server}/"$id".conf; do
      [ -e "$conf" ] || continue
      node=${conf#/etc/pve/nodes/}
      case $conf in */lxc/*) kind=lxc ;; *) kind=qemu ;; esac
      printf '%s\t%s\t%s\t%s\t%s\n' "$kind" "$id" "${node%%/*}" \
        "$(conf_value "$conf" "$([ "$kind" = lxc ] && echo hostname || echo name)")" "$(conf_value "$conf" tags)" >&3
    done
  done < <(list ids)
}

main
