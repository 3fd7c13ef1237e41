#!/usr/bin/env bash
# chrony keeps the clock right: enabled and running. Its configuration is the node's own.
# Settings: step.ts
. hypervisor/lib/services.sh
set -euo pipefail

main() {
  read_settings
  lock chrony 60
  service_ensure chrony
  report
}

main
