#!/usr/bin/env bash
# The administrator's account: on the node and in Proxmox VE, with sudo, a password's hash and a key.
# Settings: step.ts
. hypervisor/lib/packages.sh
. hypervisor/admin-user/account.sh
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
  local name=$1 shell
  shell=$(getent passwd "$name" | cut -d: -f7)
  if [ "$shell" != /bin/bash ]; then
    noted "$name" user || noted "$name" shell || note "$name" shell "$shell"
    usermod -s /bin/bash "$name"
    changed "shell of $name: $shell -> /bin/bash"
  fi
  shell=$(home_of "$name")
  if [ ! -d "$shell" ]; then
    install -d -m 700 -o "$name" -g "$(id -g "$name")" "$shell"
    changed "made $shell"
  fi
}

ensure_password() {
  local name=$1 wanted=$2 now
  [ "$wanted" != NOT_SET ] || return 0
  now=$(hash_of "$name")
  [ "$now" != "$wanted" ] || return 0
  noted "$name" user || noted "$name" hash || note "$name" hash "$now"
  printf '%s:%s\n' "$name" "$wanted" | chpasswd -e || err "chpasswd could not set the password of $name; its message is above"
  changed "set the password hash of $name"
}

# complaint TEXT: the errors in visudo's output.
complaint() { grep -v ': parsed OK$' <<<"$1" | head -n 1 || true; }

ensure_sudo() {
  local name=$1 file folder new said
  packages_ensure sudo
  if ! in_group "$name" "$ADMIN_GROUP"; then
    note "$name" group
    usermod -aG "$ADMIN_GROUP" "$name"
    changed "$name is in the group $ADMIN_GROUP"
  fi
  grep -Eq '^[@#]includedir[[:space:]]+/etc/sudoers\.d' /etc/sudoers ||
    err "/etc/sudoers does not read /etc/sudoers.d; add the line '@includedir /etc/sudoers.d' with visudo and run again"
  file=$(sudoers_file "$name")
  said=$(visudo -c 2>&1) || err "the node's sudoers are broken already: $(complaint "$said"); mend them with visudo and run again; no rule was added"
  scratch_folder folder
  new=$folder/sudoers
  printf '# Written by Phoenix from users.sudo_access.\n%s ALL=(ALL:ALL) ALL\n' "$name" >"$new"
  chmod 440 "$new"
  if ! said=$(visudo -c -f "$new" 2>&1); then
    rm -rf "$folder"
    err "visudo refuses the rule for $name: $(complaint "$said"); no rule was added"
  fi
  note "$name" sudoers
  if write_file "$file" 440 <"$new"; then
    if ! said=$(visudo -c 2>&1); then
      rm -rf "$folder"
      remove_file "$file"
      err "visudo refuses the node's sudoers with $file: $(complaint "$said"); it was taken out again"
    fi
    changed "wrote $file"
  fi
  rm -rf "$folder"
  [[ $(hash_of "$name") != [!*]* ]] || say "warning: $name has no password, so sudo will refuse it until one is set"
}

ensure_pve() {
  local name=$1
  if ! pve_user "$name"; then
    note "$name" pve-user
    pve pveum user add "$name@pam" --comment "Phoenix administrator" || err "Proxmox VE refuses the user $name@pam; its message is above"
    changed "added $name@pam to Proxmox VE"
  fi
  if ! pve_role "$name"; then
    note "$name" pve-role
    pve pveum acl modify / --users "$name@pam" --roles Administrator || err "Proxmox VE refuses the role of $name@pam; its message is above"
    changed "$name@pam is Administrator"
  fi
}

# with_key LINE PATH: the file with this line at its end.
with_key() {
  awk 1 "$2" 2>/dev/null || true
  printf '%s\n' "$1"
}

ensure_key() {
  local name=$1 line=$2 key folder
  key=$(awk '{ print $2 }' <<<"$line")
  if noted "$name" key && [ "$(cat "$ADMIN_STATE/$name/key")" != "$key" ]; then drop_key "$name"; fi
  [ -n "$line" ] || return 0
  require_own_ssh "$name"
  folder=$(home_of "$name")/.ssh
  if ! noted "$name" user && ! noted "$name" key; then
    note_attributes "$name" ssh "$folder"
    note_attributes "$name" keys "$folder/authorized_keys"
  fi
  if [ "$(stat -c '%a %U' "$folder" 2>/dev/null)" != "700 $name" ]; then
    install -d -m 700 -o "$name" -g "$(id -g "$name")" "$folder"
    changed "$folder is 700"
  fi
  if ! grep -Fqs -- "$key" "$folder/authorized_keys"; then
    note "$name" key "$key"
    change_keys "$name" with_key "$line"
    changed "added the key of $name"
  fi
  if [ "$(stat -c '%a %U' "$folder/authorized_keys")" != "600 $name" ]; then
    chmod 600 "$folder/authorized_keys"
    chown "$name:" "$folder/authorized_keys"
    changed "$folder/authorized_keys is 600"
  fi
}

main() {
  need_cmd useradd usermod userdel chpasswd gpasswd getent ssh-keygen pveum
  read_settings
  local name='' sudo='' hash='' key='' other
  load name=username sudo=sudo hash=passwordHash key=sshPublicKey
  check_settings "$name" "$hash" "$key"
  lock admin-user 300
  drop_half "$name"
  require_fit "$name"
  getent passwd "$name" >/dev/null || make_user "$name"
  note "$name" known
  ensure_shell "$name"
  ensure_password "$name" "$hash"
  if [ "$sudo" = true ]; then ensure_sudo "$name"; else drop_sudo "$name"; fi
  ensure_pve "$name"
  ensure_key "$name" "$key"
  # The former one is removed last: there is an administrator at any time.
  for other in "$ADMIN_STATE"/*; do
    [ "${other##*/}" = "$name" ] || retire "${other##*/}"
  done
  report
}

main
