#!/usr/bin/env bash
# Restores the node's former name servers.
. hypervisor/initial-setup/lib/written.sh
set -euo pipefail

main() {
  cat >/dev/null
  lock resolver 60
  bring_back /etc/resolv.conf
  report
}

main
