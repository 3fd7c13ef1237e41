#!/usr/bin/env bash
# Removes our file and our line in smb.conf; smb.conf is as it was before, with changes that others made since.
. hypervisor/lib/sharing.sh
. hypervisor/lib/services.sh
. hypervisor/samba/lib/smb-conf.sh
set -euo pipefail

take_line_out() {
  local kept="$PHOENIX_STATE/originals$CONF"
  # Byte for byte as it was, unless somebody changed it since.
  if [ -e "$kept" ] && with_include "$OURS" "$kept" | cmp -s - "$CONF"; then
    restore_original "$CONF"
  else
    write_file "$CONF" < <(without_include) || true
    rm -f "$kept"
  fi
  changed "removed the include line from $CONF"
}

main() {
  cat >/dev/null
  lock samba 300
  if [ -f "$CONF" ] && grep -Eq "$INCLUDED" "$CONF"; then
    note_pending
    take_line_out
  fi
  if [ -e "$OURS" ]; then
    note_pending
    remove_file "$OURS"
    changed "removed $OURS"
  fi
  [ ! -e "$PENDING" ] || servers_again
  finish
}

main
