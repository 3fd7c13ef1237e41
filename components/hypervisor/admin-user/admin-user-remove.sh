#!/usr/bin/env bash
# Restores the administrator's account as it was before, or removes it when we made it. Its home stays.
# Settings: step.ts
. hypervisor/admin-user/account.sh
set -euo pipefail

main() {
  cat >/dev/null
  local path
  lock admin-user 300
  for path in "$ADMIN_STATE"/*; do
    [ ! -d "$path" ] || retire "${path##*/}"
  done
  rm -rf "$ADMIN_STATE"
  report
}

main
