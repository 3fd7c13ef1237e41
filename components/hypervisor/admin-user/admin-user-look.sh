#!/usr/bin/env bash
# Looks at the administrator's account, and changes nothing.
# Settings: step.ts
. host/lib/look.sh
. hypervisor/admin-user/account.sh
set -euo pipefail

verify_key() {
  local name=$1 key file
  key=$(awk '{ print $2 }' <<<"$2")
  [ -n "$key" ] || return 0
  file=$(home_of "$name")/.ssh/authorized_keys
  grep -Fqs -- "$key" "$file" || deviates "$file lacks the key of $name"
  [ "$(stat -c '%a %U' "$(dirname "$file")" 2>/dev/null)" = "700 $name" ] || deviates "$(dirname "$file") is not 700 and its owner's"
  [ "$(stat -c '%a %U' "$file" 2>/dev/null)" = "600 $name" ] || deviates "$file is not 600 and its owner's"
}

verify_sudo() {
  local name=$1 file
  file=$(sudoers_file "$name")
  in_group "$name" "$ADMIN_GROUP" || deviates "$name is not in the group $ADMIN_GROUP"
  grep -Fxqs "$name ALL=(ALL:ALL) ALL" "$file" || deviates "$file does not let $name use sudo"
  [ "$(stat -c %a "$file" 2>/dev/null)" = 440 ] || deviates "$file is not 440"
}

verify_account() {
  local name=$1 hash=$2
  [ "$(getent passwd "$name" | cut -d: -f7)" = /bin/bash ] || deviates "the shell of $name is not /bin/bash"
  [ -d "$(home_of "$name")" ] || deviates "the home of $name is missing"
  [ "$hash" = NOT_SET ] || [ "$(hash_of "$name")" = "$hash" ] || deviates "the password hash of $name is another one"
}

main() {
  read_settings
  local name='' sudo='' hash='' key=''
  load name=username sudo=sudo hash=passwordHash key=sshPublicKey
  if getent passwd "$name" >/dev/null; then
    verify_account "$name" "$hash"
    [ "$sudo" != true ] || verify_sudo "$name"
    verify_key "$name" "$key"
  else
    deviates "there is no user $name on this node"
  fi
  if ! pve_user "$name"; then
    deviates "Proxmox VE does not know $name@pam"
  elif ! pve_role "$name"; then
    deviates "$name@pam is not Administrator"
  fi
  finish_look
}

main
