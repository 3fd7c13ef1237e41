#!/usr/bin/env bash
# Linux users, whose creation or removal may have been interrupted.
#
# useradd and userdel write passwd, shadow, group and gshadow one after the other, and then the home: a node that
# loses its power in between has a user that is in some of them.
set -euo pipefail

# clear_account NAME: removes a user, also an incomplete one. Its home stays.
clear_account() {
  if getent passwd "$1" >/dev/null; then userdel "$1" 2>&1 9>&- || return 1; fi
  clear_line "$1" /etc/shadow vipw -q -s &&
    clear_line "$1" /etc/group vigr -q &&
    clear_line "$1" /etc/gshadow vigr -q -s
}

# clear_line NAME FILE COMMAND…: removes its line from the file, by the command that locks it for an editor.
clear_line() {
  local name=$1 file=$2
  shift 2
  if ! grep -q "^$name:" "$file"; then return 0; fi
  # The editor is this line with the file's name behind it. The command goes by the seconds of the file's time to
  # see whether it was edited, and this takes less than one.
  # shellcheck disable=SC2016  # the editor's shell expands it
  PHOENIX_EDIT="/^$name:/d" VISUAL='edit() { sed -i -e "$PHOENIX_EDIT" "$1" && touch -d @1 "$1"; }; edit' \
    "$@" </dev/null >/dev/null 9>&- || return 1
  touch "$file"
}

# clear_fresh_home FOLDER: removes a home with nothing in it but copies of /etc/skel.
clear_fresh_home() {
  local differences
  [ -d "$1" ] && [ ! -L "$1" ] || return 0
  differences=$(diff -r /etc/skel "$1" 2>&1 | grep -v '^Only in /etc/skel') || true
  [ -n "$differences" ] || rm -rf -- "$1"
}
