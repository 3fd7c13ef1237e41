#!/usr/bin/env bash
# Restores a shared folder's former owner and mode, when nobody changed them since. Data stays.
# Settings: step.ts
. hypervisor/lib/sharing.sh
set -euo pipefail

main() {
  read_settings
  local share='' path='' owner='' before='' note
  load share=share path=path owner=owner
  note=$PHOENIX_STATE/samba/folders/$share
  lock samba 300
  if [ -e "$note" ]; then
    before=$(cat "$note")
    if [ -d "$path" ] && [ "$(stat -c '%U %a' -- "$path")" = "$owner 770" ]; then
      chown "${before% *}" -- "$path"
      chmod "${before#* }" -- "$path"
      changed "$path: $owner 770 -> $before"
    fi
    remove_file "$note"
  fi
  finish
}

main
