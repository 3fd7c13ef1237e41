#!/usr/bin/env bash
# Packages that the host's own set-up needs, and the tools of the original.
# Settings: step.ts
. hypervisor/lib/packages.sh
set -euo pipefail

main() {
  read_settings
  local -a names=()
  mapfile -t names < <(list packages)
  packages_ensure "${names[@]}"
  report
}

main
