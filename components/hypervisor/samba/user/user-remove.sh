#!/usr/bin/env bash
# Removes a Samba user, and the Linux user when we made it. Its files stay.
# Settings: step.ts
. hypervisor/lib/sharing.sh
. hypervisor/lib/linux-user.sh
. hypervisor/samba/user/account.sh
set -euo pipefail

remove_account() {
  local name=$1 id
  if id=$(id -u "$name" 2>/dev/null); then
    install -d -m 700 "$ACCOUNTS/uids"
    printf '%s\n' "$id" >"$ACCOUNTS/uids/$name"
  fi
  if ! clear_account "$name"; then
    warn "the Linux user $name could not be removed; userdel's message is above"
  elif [ -n "$id" ]; then
    changed "removed user $name"
  fi
}

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
  remove_file "$ACCOUNTS/passwords/$name"
  rm -f "$ACCOUNTS/before/$name" "$ACCOUNTS/added/$name"
  if [ -e "$ACCOUNTS/accounts/$name" ]; then
    remove_account "$name"
    remove_file "$ACCOUNTS/accounts/$name"
  fi
  finish
}

main
