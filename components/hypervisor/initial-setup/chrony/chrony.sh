#!/usr/bin/env bash
# The clock is kept right by chrony: enabled and running. Its configuration is the node's own.
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
