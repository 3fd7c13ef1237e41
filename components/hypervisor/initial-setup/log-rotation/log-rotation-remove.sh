#!/usr/bin/env bash
# Removes the rotation of Phoenix's logs.
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
