#!/usr/bin/env bash
# Logs of Phoenix on the node are rotated each day and kept for a week.
# Settings: step.ts
set -euo pipefail

FILE=/etc/logrotate.d/phoenix_hypervisor

main() {
  cat >/dev/null
  lock log-rotation 60
  keep_original "$FILE"
  if write_file "$FILE" <<'END'; then
/var/log/phoenix_hypervisor/*.log {
    daily
    rotate 7
    compress
    delaycompress
    missingok
    notifempty
    create 644 root root
}
END
    changed "wrote $FILE"
  fi
  report
}

main
