#!/usr/bin/env bash
# Logs of Phoenix on the node are rotated each day and kept for a week.
# Settings: step.ts
set -euo pipefail

FILE=/etc/logrotate.d/phoenix_hypervisor

main() {
  read_settings
  lock log-rotation 60
  looking || keep_original "$FILE"
  own_file "$FILE" <<'END' || true
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
  report
}

main
