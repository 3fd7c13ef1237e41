#!/usr/bin/env bash
# The node's logs are rotated as before.
set -euo pipefail

FILE=/etc/logrotate.d/phoenix_hypervisor

main() {
  cat >/dev/null
  lock log-rotation 60
  if restore_original "$FILE"; then
    changed "brought $FILE back"
  fi
  report
}

main
