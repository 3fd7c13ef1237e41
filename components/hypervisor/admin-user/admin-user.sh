#!/usr/bin/env bash
# The administrator's account: on the node and in Proxmox VE, with sudo, a password's hash and a key.
# Settings: step.ts
. hypervisor/admin-user/account.sh
. hypervisor/admin-user/sudo.sh
set -euo pipefail

# check_settings NAME HASH KEY: checks again what the configuration has checked; secrets are never shown.
check_settings() {
  [[ $1 =~ ^[a-z_][a-z0-9_-]{0,31}$ ]] || err "'$1' is not a Linux user name; nothing was changed"
  [[ $2 == NOT_SET || $2 =~ ^[!*]+$ || $2 =~ ^\$[0-9a-z]+\$[./A-Za-z0-9,=\$]{20,}$ ]] ||
    err "users.password_hash is not a password hash (it is not shown, in case it is a password): make one with 'mkpasswd -m yescrypt', or write NOT_SET; nothing was changed"
  [ -z "$3" ] || ssh-keygen -l -f - <<<"$3" >/dev/null 2>&1 ||
    err "users.ssh_public_key is not a public key (it is not shown): give the line of a .pub file; nothing was changed"
}

# require_fit NAME: an account that may be made or taken over.
require_fit() {
  local uid home owner
  if uid=$(id -u "$1" 2>/dev/null); then
    ((uid >= 1000 && uid < 60000)) ||
      err "$1 is a system account of this node (uid $uid); choose another users.username; nothing was changed"
    return 0
  fi
  ! getent group "$1" >/dev/null ||
    err "there is a group $1 on this node, without a user of that name; choose another users.username, or remove it ('groupdel $1'); nothing was changed"
  home=/home/$1
  [ ! -L "$home" ] || err "$home is a link; choose another users.username or remove it; nothing was changed"
  if [ -e "$home" ]; then
    uid=$(stat -c %u "$home")
    owner=$(getent passwd "$uid" | cut -d: -f1) || owner=''
    [ -z "$owner" ] || err "$home is there and belongs to $owner; give it to nobody else: choose another users.username, or move it away; nothing was changed"
  fi
}

make_user() {
  local name=$1 uid
  local -a options=()
  # A home that was kept from before keeps its owner's number.
  if [ -e "/home/$name" ]; then
    uid=$(stat -c %u "/home/$name")
    [ "$uid" -lt 1000 ] || options=(-u "$uid")
  fi
  [ -e "/home/$name" ] || note "$name" home
  note "$name" user begun
  useradd -m -U -s /bin/bash "${options[@]}" "$name" 2>&1 || err "useradd could not make $name; its message is above"
  note "$name" user made
  forget "$name" home
  changed "made the user $name"
}

ensure_shell() {
  local name=$1 shell home
  shell=$(getent passwd "$name" | cut -d: -f7)
  [ "$shell" = /bin/bash ] || repair "shell of $name" "$shell" /bin/bash set_shell "$name" "$shell"
  home=$(home_of "$name")
  [ -d "$home" ] || mend "$home" missing there make_home "$name" "$home"
}

# set_shell NAME NOW
set_shell() {
  noted "$1" user || noted "$1" shell || note "$1" shell "$2"
  usermod -s /bin/bash "$1"
}

make_home() {
  install -d -m 700 -o "$1" -g "$(id -g "$1")" "$2"
  changed "made $2"
}

ensure_password() {
  local name=$1 wanted=$2 now
  [ "$wanted" != NOT_SET ] || return 0
  now=$(hash_of "$name")
  [ "$now" = "$wanted" ] || mend "password_hash of $name" 'another one' 'that of the settings' set_password "$name" "$wanted" "$now"
}

# set_password NAME HASH NOW
set_password() {
  noted "$1" user || noted "$1" hash || note "$1" hash "$3"
  printf '%s:%s\n' "$1" "$2" | chpasswd -e || err "chpasswd could not set the password of $1; its message is above"
  changed "set the password hash of $1"
}

ensure_pve() {
  pve_user "$1" || mend "user $1@pam of Proxmox VE" missing there add_pve_user "$1"
  pve_role "$1" || mend "role of $1@pam" missing Administrator give_pve_role "$1"
}

add_pve_user() {
  note "$1" pve-user
  pve pveum user add "$1@pam" --comment "Phoenix administrator" || err "Proxmox VE refuses the user $1@pam; its message is above"
  changed "added $1@pam to Proxmox VE"
}

give_pve_role() {
  note "$1" pve-role
  pve pveum acl modify / --users "$1@pam" --roles Administrator || err "Proxmox VE refuses the role of $1@pam; its message is above"
  changed "$1@pam is Administrator"
}

# with_key LINE PATH: the file with this line at its end.
with_key() {
  awk 1 "$2" 2>/dev/null || true
  printf '%s\n' "$1"
}

ensure_key() {
  local name=$1 line=$2 key folder file now
  key=$(awk '{ print $2 }' <<<"$line")
  if ! looking && noted "$name" key && [ "$(cat "$ADMIN_STATE/$name/key")" != "$key" ]; then drop_key "$name"; fi
  [ -n "$line" ] || return 0
  require_own_ssh "$name"
  folder=$(home_of "$name")/.ssh
  file=$folder/authorized_keys
  if ! looking && ! noted "$name" user && ! noted "$name" key; then
    note_attributes "$name" ssh "$folder"
    note_attributes "$name" keys "$file"
  fi
  now=$(attributes "$folder")
  [ "$now" = "700 $name" ] || mend "$folder" "${now:-missing}" "700 $name" open_folder "$name" "$folder"
  grep -Fqs -- "$key" "$file" || mend "$file" 'without users.ssh_public_key' 'with it' add_key "$name" "$key" "$line"
  now=$(attributes "$file")
  [ "$now" = "600 $name" ] || [ -z "$now" ] || mend "$file" "$now" "600 $name" own_keys "$name" "$file"
}

attributes() { stat -c '%a %U' -- "$1" 2>/dev/null || true; }

open_folder() {
  install -d -m 700 -o "$1" -g "$(id -g "$1")" "$2"
  changed "$2 is 700"
}

# add_key NAME KEY LINE
add_key() {
  note "$1" key "$2"
  change_keys "$1" with_key "$3"
  changed "added the key of $1"
}

own_keys() {
  chmod 600 "$2"
  chown "$1:" "$2"
  changed "$2 is 600"
}

main() {
  need_cmd useradd usermod userdel chpasswd gpasswd getent ssh-keygen pveum
  read_settings
  local name='' sudo='' hash='' key='' other there=''
  load name=username sudo=sudo hash=passwordHash key=sshPublicKey
  lock admin-user 300
  if ! looking; then
    check_settings "$name" "$hash" "$key"
    drop_half "$name"
  fi
  require_fit "$name"
  getent passwd "$name" >/dev/null || mend "user $name" missing there make_user "$name"
  if id -u "$name" >/dev/null 2>&1; then
    there=yes
    looking || note "$name" known
    ensure_shell "$name"
    ensure_password "$name" "$hash"
    if [ "$sudo" = true ]; then ensure_sudo "$name"; else looking || drop_sudo "$name"; fi
  fi
  ensure_pve "$name"
  [ -z "$there" ] || ensure_key "$name" "$key"
  ! looking || report
  # The former one is removed last: there is an administrator at any time.
  for other in "$ADMIN_STATE"/*; do
    [ "${other##*/}" = "$name" ] || retire "${other##*/}"
  done
  report
}

main
