#!/usr/bin/env bash
# The container's firewall file as it was before these files wrote it.
# Settings: step.ts
. container/lib/running.sh
set -euo pipefail

main() {
  read_settings
  load CTID=ctid
  lock "guest-$CTID" 600
  local file=/etc/pve/firewall/$CTID.fw copy
  copy=$(original_of "$file")
  if guest_exists "$CTID" && [ -e "$copy" ]; then
    put_copy "$copy" "$file"
    changed "CT $CTID: brought its firewall back"
  elif [ -e "$file" ]; then
    remove_file "$file"
    changed "CT $CTID: removed its firewall"
  fi
  rm -f "$copy" "$copy.absent"
  report
}

main
