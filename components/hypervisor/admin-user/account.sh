#!/usr/bin/env bash
# What Phoenix knows of the administrator's account.
#
# $PHOENIX_STATE/admin-user/NAME/ has a file for each thing that we made or changed: `user` (`begun`, and then
# `made`), `home` (while a home is being made), `shell` and `hash` (the former ones), `group`, `sudoers`, `pve-user`,
# `pve-role`, `key` (the one we added), `keys` and `ssh` (mode and owner of authorized_keys and its folder).
. hypervisor/lib/linux-user.sh
set -euo pipefail

ADMIN_STATE=$PHOENIX_STATE/admin-user
ADMIN_GROUP=sudo

# note NAME WHAT [TEXT]: called before the change, so that an interrupted run leaves no change without a note.
note() {
  mkdir -p "$ADMIN_STATE/$1"
  chmod 700 "$ADMIN_STATE" "$ADMIN_STATE/$1"
  write_file "$ADMIN_STATE/$1/$2" 600 <<<"${3:-}" || true
}

noted() { [ -e "$ADMIN_STATE/$1/$2" ]; }

forget() { remove_file "$ADMIN_STATE/$1/$2"; }

home_of() { getent passwd "$1" | cut -d: -f6; }

hash_of() { getent shadow "$1" | cut -d: -f2; }

sudoers_file() { printf '/etc/sudoers.d/phoenix-%s' "$1"; }

in_group() { id -nG "$1" 2>/dev/null | tr ' ' '\n' | grep -Fx "$2" >/dev/null; }

# Proxmox VE's users and permissions, as its tools keep them: to ask pveum takes half a second.
PVE_USERS=/etc/pve/user.cfg

pve_user() { grep -q "^user:$1@pam:" "$PVE_USERS" 2>/dev/null; }

pve_role() {
  awk -F : -v id="$1@pam" '
    $1 == "acl" && $3 == "/" && index("," $4 ",", "," id ",") && index("," $5 ",", ",Administrator,") { found = 1 }
    END { exit !found }' "$PVE_USERS"
}

# require_own_ssh NAME: refuses links and foreign folders, through which root would write elsewhere.
require_own_ssh() {
  local home path
  home=$(home_of "$1")
  for path in "$home" "$home/.ssh" "$home/.ssh/authorized_keys"; do
    [ ! -L "$path" ] || err "$path is a link to $(readlink "$path"); make it a real one and run again; no key was changed"
  done
}

# change_keys NAME FILTER…: rewrites authorized_keys through the filter; other keys, owner and mode stay.
change_keys() {
  local name=$1 file
  shift
  file=$(home_of "$name")/.ssh/authorized_keys
  require_own_ssh "$name"
  # Owner and mode are set before anything is in it.
  [ -e "$file" ] || install -m 600 -o "$name" -g "$(id -g "$name")" /dev/null "$file"
  write_file "$file" < <("$@" "$file")
}

# note_attributes NAME ssh|keys PATH: notes mode and owner of what existed before us.
note_attributes() { [ ! -e "$3" ] || noted "$1" "$2" || note "$1" "$2" "$(stat -c '%a %u:%g' -- "$3")"; }

# give_back NAME ssh|keys PATH
give_back() {
  local mode owner
  [ -e "$3" ] && noted "$1" "$2" || return 0
  read -r mode owner <"$ADMIN_STATE/$1/$2"
  [ "$(stat -c '%a %u:%g' -- "$3")" != "$mode $owner" ] || return 0
  chown -h "$owner" -- "$3"
  chmod "$mode" -- "$3"
  changed "gave $3 its mode and owner back"
}

# without_key KEY PATH: the file without the line that holds this key.
without_key() { awk -v key="$1" '{ for (i = 1; i <= NF; i++) if ($i == key) next; print }' "$2"; }

drop_key() {
  local name=$1 key file
  noted "$name" key || return 0
  key=$(cat "$ADMIN_STATE/$name/key")
  file=$(home_of "$name")/.ssh/authorized_keys
  if [ -e "$file" ] && grep -Fq -- "$key" "$file"; then
    change_keys "$name" without_key "$key"
    changed "removed the key of $name"
  fi
  forget "$name" key
}

drop_sudo() {
  local name=$1
  if noted "$name" sudoers; then
    remove_file "$(sudoers_file "$name")"
    changed "removed $(sudoers_file "$name")"
    forget "$name" sudoers
  fi
  if noted "$name" group; then
    if in_group "$name" "$ADMIN_GROUP"; then
      gpasswd -d "$name" "$ADMIN_GROUP" >/dev/null
      changed "$name is no longer in the group $ADMIN_GROUP"
    fi
    forget "$name" group
  fi
}

drop_pve() {
  local name=$1
  if noted "$name" pve-role; then
    if pve_user "$name" && pve_role "$name"; then
      pve pveum acl delete / --users "$name@pam" --roles Administrator
      changed "$name@pam is no longer Administrator"
    fi
    forget "$name" pve-role
  fi
  if noted "$name" pve-user; then
    if pve_user "$name"; then
      pve pveum user delete "$name@pam"
      changed "removed $name@pam from Proxmox VE"
    fi
    forget "$name" pve-user
  fi
}

drop_user() {
  local name=$1 home
  home=$(home_of "$name") || home=''
  clear_account "$name" ||
    err "the user $name cannot be removed (see above): end what runs for it ('loginctl terminate-user $name') and run again"
  [ -z "$home" ] || changed "removed the user $name; $home stays"
}

# drop_half NAME: removes the incomplete account that an interrupted run left, so that it can be made again.
drop_half() {
  [ "$(cat "$ADMIN_STATE/$1/user" 2>/dev/null)" = begun ] || return 0
  clear_account "$1" || err "the half-made user $1 cannot be removed; userdel's message is above"
  if noted "$1" home; then
    clear_fresh_home "/home/$1"
    forget "$1" home
  fi
}

# retire NAME: for an account that is no longer wanted: removes what we made; what existed before stays, and so does the
# home.
retire() {
  local name=$1
  [ -d "$ADMIN_STATE/$name" ] || return 0
  drop_half "$name"
  if getent passwd "$name" >/dev/null; then
    drop_key "$name"
    give_back "$name" keys "$(home_of "$name")/.ssh/authorized_keys"
    give_back "$name" ssh "$(home_of "$name")/.ssh"
  fi
  drop_sudo "$name"
  drop_pve "$name"
  if noted "$name" user; then
    drop_user "$name"
  elif getent passwd "$name" >/dev/null; then
    if noted "$name" shell; then
      usermod -s "$(cat "$ADMIN_STATE/$name/shell")" "$name"
      changed "gave $name its shell back"
    fi
    if noted "$name" hash; then
      printf '%s:%s\n' "$name" "$(cat "$ADMIN_STATE/$name/hash")" | chpasswd -e
      changed "gave $name its password back"
    fi
  fi
  rm -rf "${ADMIN_STATE:?}/$name"
}
