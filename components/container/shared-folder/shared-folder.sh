#!/usr/bin/env bash
# A folder of the host that containers share. It is made with its owner and mode; one that is there already is
# never changed below, and itself only where the files name an owner or a mode.
# Settings: step.ts
set -euo pipefail

# give_to IDS FOLDER OWNER
give_to() {
  chown -- "$1" "$2" || err "shared folder $2 could not be given to $3; the reason is above"
  changed "$2: owner $3"
}

set_mode() {
  chmod -- "$1" "$2"
  changed "$2: mode $1"
}

main() {
  read_settings
  local path='' owner='' mode='' ensure_owner='' ensure_mode='' id group new real
  load path=path owner=owner mode=mode ensure_owner=holdOwner ensure_mode=holdMode
  case $owner in
    *[!0-9]*)
      id=$(id -u "$owner" 2>/dev/null) || err "shared folder $path: its owner '$owner' is no user of $(hostname)"
      group=$(id -g "$owner")
      ;;
    *) id=$owner group=$owner ;;
  esac
  lock "shared-folders" 60
  real=$(readlink -m -- "$path")
  # A link could lead to a folder of the system, which the rules for the path itself would refuse.
  [ "$real" = "$path" ] ||
    err "shared folder $path leads to $real; nothing was changed: write that path, if that is what is to be shared"
  [ ! -e "$path" ] || [ -d "$path" ] || err "shared folder $path is a file on $(hostname); nothing was changed"
  if [ ! -d "$path" ] && looking; then
    differs "shared folder $path" missing "there with owner $owner and mode $mode"
    report
  elif [ ! -d "$path" ]; then
    mkdir -p -- "$(dirname "$path")" || err "shared folder $path could not be made; the reason is above"
    # Named last, so that a run that is cut off leaves no folder with another owner; what it leaves is empty.
    rmdir -- "$(part_of "$path")".??????  2>/dev/null || true
    new=$(mktemp -d "$(part_of "$path").XXXXXX") || err "shared folder $path could not be made; the reason is above"
    chown -- "$id:$group" "$new"
    chmod -- "$mode" "$new"
    mv -nT -- "$new" "$path"
    changed "made $path"
  fi
  if [ "$ensure_owner" = true ] && [ "$(stat -c %u:%g -- "$path")" != "$id:$group" ]; then
    mend "shared folder $path owner" "$(stat -c %u:%g -- "$path")" "$id:$group" give_to "$id:$group" "$path" "$owner"
  fi
  if [ "$ensure_mode" = true ] && [ "$(stat -c %a -- "$path")" != "$((10#$mode))" ]; then
    mend "shared folder $path mode" "$(stat -c %a -- "$path")" "$mode" set_mode "$mode" "$path"
  fi
  report
}

main
