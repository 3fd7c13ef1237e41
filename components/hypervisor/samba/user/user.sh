#!/usr/bin/env bash
# A Samba user: the Linux user below it, and the password in Samba's database.
# Settings: step.ts
. hypervisor/lib/sharing.sh
. hypervisor/lib/linux-user.sh
. hypervisor/samba/user/account.sh
set -euo pipefail

make_account() {
  local name=$1 id=''
  local -a wish=()
  # With its former user id, so that files which it left are its own again.
  if [ -e "$ACCOUNTS/uids/$name" ]; then
    id=$(cat "$ACCOUNTS/uids/$name")
    getent passwd "$id" >/dev/null || wish=(--uid "$id")
  fi
  install -d -m 700 "$ACCOUNTS/accounts"
  # The note comes first: after an interruption the user is still known as ours.
  write_file "$ACCOUNTS/accounts/$name" 600 <<<begun || true
  useradd --system --user-group "${wish[@]}" --no-create-home --home-dir /nonexistent \
    --shell /usr/sbin/nologin --comment "Samba user of Phoenix" "$name" 9>&- ||
    err "the Linux user $name could not be made; useradd's message is above"
  changed "created user $name"
  write_file "$ACCOUNTS/accounts/$name" 600 <<<made || true
}

# half_made NAME: whether an interrupted run may have left an incomplete user.
half_made() { [ "$(cat "$ACCOUNTS/accounts/$1" 2>/dev/null)" = begun ]; }

# The note shows whether the password is still the wanted one, without the password: a salt, a digest of salt and password,
# and a digest of the entry in Samba's database, which changes when somebody sets another password.
noted() {
  local salt password entry
  [ -e "$ACCOUNTS/passwords/$1" ] || return 1
  { read -r salt && read -r password && read -r entry; } <"$ACCOUNTS/passwords/$1" || return 1
  [ "$(printf '%s%s' "$salt" "$PASSWORD" | digest)" = "$password" ] && [ "$(passdb "$1" | digest)" = "$entry" ]
}

password_note() {
  printf '%s\n' "$2"
  printf '%s%s' "$2" "$PASSWORD" | digest
  passdb "$1" | digest
}

set_password() {
  local name=$1 said salt
  install -d -m 700 "$ACCOUNTS/passwords" "$ACCOUNTS/before" "$ACCOUNTS/added"
  # The note comes first here too: an entry that an interrupted run made is known as ours.
  if [ ! -e "$ACCOUNTS/passwords/$name" ] && [ ! -e "$ACCOUNTS/added/$name" ]; then
    if [ -n "$(passdb "$name")" ]; then : >"$ACCOUNTS/before/$name"; else : >"$ACCOUNTS/added/$name"; fi
  fi
  # The digest is removed until the password is set: after an interruption it is set again.
  rm -f "$ACCOUNTS/passwords/$name"
  said=$(printf '%s\n%s\n' "$PASSWORD" "$PASSWORD" | smbpasswd -s -a "$name" 2>&1 3>&- 9>&-) ||
    err "smbpasswd refuses the password of $name: $(tail -n 1 <<<"${said//"$PASSWORD"/$ELLIPSIS}")"
  if [[ $(passdb "$name" | cut -d : -f 5) == *D* ]]; then
    smbpasswd -e "$name" >/dev/null 2>&1 || err "the Samba user $name is disabled and could not be enabled"
  fi
  salt=$(head -c 16 /proc/sys/kernel/random/uuid)
  write_file "$ACCOUNTS/passwords/$name" 600 < <(password_note "$name" "$salt") || true
  changed "set the Samba password of $name"
}

main() {
  need_cmd pdbedit smbpasswd
  read_settings
  local name='' create='' now
  PASSWORD=''
  load name=name create=create PASSWORD=password
  lock samba 300
  if ! looking && half_made "$name"; then
    clear_account "$name"
    changed "took away half of user $name"
  fi
  if id -u "$name" >/dev/null 2>&1; then
    [ "$(id -u "$name")" -ne 0 ] || err "$name is root on this node; nothing was changed: name another user for Samba"
  elif [ "$create" = true ]; then
    mend "user $name" missing there make_account "$name"
    # An entry in Samba's database without a Linux user belongs to nobody.
    ! looking || finish
  else
    err "the Linux user $name is not there, and another step makes it; nothing was changed: see users.username"
  fi
  if [ "$PASSWORD" = NOT_SET ]; then
    [ -n "$(passdb "$name")" ] ||
      warn "$name has no Samba password and cannot connect: 'smbpasswd -a $name' on the node sets one"
  elif ! noted "$name"; then
    now='changed by hand'
    [ -n "$(passdb "$name")" ] || now=missing
    mend "Samba user $name" "$now" 'there with the password of the settings' set_password "$name"
  fi
  finish
}

main
