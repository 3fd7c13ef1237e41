#!/usr/bin/env bash
# Takes a Samba user away, and the Linux user when we made it. Its files stay.
# Settings: {name}
set -euo pipefail

main() {
  read_settings
  local name=''
  load name=name
  lock samba 300
  if [ -e "$ACCOUNTS/before/$name" ]; then
    say "$name was a Samba user before us: kept, with the password that was set last"
  elif [ -e "$ACCOUNTS/added/$name" ] && command -v smbpasswd >/dev/null && [ -n "$(passdb "$name")" ]; then
    smbpasswd -x "$name" || err "the Samba user $name could not be removed; smbpasswd's message is above"
    changed "removed $name from Samba"
  fi
  rm -f "$ACCOUNTS/passwords/$name" "$ACCOUNTS/before/$name" "$ACCOUNTS/added/$name"
  if [ -e "$ACCOUNTS/accounts/$name" ]; then
    if id -u "$name" >/dev/null 2>&1; then
      install -d -m 700 "$ACCOUNTS/uids"
      id -u "$name" >"$ACCOUNTS/uids/$name"
      if userdel "$name" 9>&-; then
        changed "removed user $name"
      else
        warn "the Linux user $name could not be removed; userdel's message is above"
      fi
    fi
    rm -f "$ACCOUNTS/accounts/$name"
  fi
  finish
}

main
