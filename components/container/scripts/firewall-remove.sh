#!/usr/bin/env bash
# The container's firewall file as it was before these files wrote it.
# Settings: {ctid, tag, …}
set -euo pipefail

main() {
  read_settings
  load CTID=ctid
  lock "guest-$CTID" 600
  local file=/etc/pve/firewall/$CTID.fw copy
  copy=$PHOENIX_STATE/originals$file
  if guest_exists "$CTID" && [ -e "$copy" ]; then
    cat "$copy" >"$file.tmp.$$"
    mv -f "$file.tmp.$$" "$file"
    changed "CT $CTID: brought its firewall back"
  elif [ -e "$file" ]; then
    rm -f "$file"
    changed "CT $CTID: removed its firewall"
  fi
  rm -f "$copy" "$copy.absent"
  report
}

main
