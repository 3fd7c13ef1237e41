#!/usr/bin/env bash
# Confirms a change of the datacenter's firewall: that this script runs shows that the node can be reached.
# Settings: step.ts
. hypervisor/lib/guarded.sh
. hypervisor/datacenter-firewall/cluster-fw.sh
set -euo pipefail

main() {
  read_settings
  read_firewall
  local wanted=0
  [ "$ENABLED" != true ] || wanted=1
  lock datacenter-firewall 300
  if [ "$wanted" = 1 ] && ! is_closed && holds; then
    confirm_change
    changed "$GUARDED is confirmed"
  fi
  holds "$wanted" ||
    err "$CLUSTER_FW is not what firewall says$(rolled_back); correct firewall, or what else keeps this connection out" \
      "(the rules in $(host_fw) come first), then run again and replace the step: up --replace '**datacenter-firewall'"
  report
}

main
