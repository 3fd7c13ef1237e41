#!/usr/bin/env bash
# Root's keys and password inside a container. What we changed is in a note: `key MATERIAL` of each key that we added, and
# `before HASH`, the password's hash that we found. Hashes go on standard input alone.
. container/lib/running.sh

root_note() { printf '%s/guests/%s.root-access\n' "$PHOENIX_STATE" "$CTID"; }

# Run inside by /bin/sh -c: prints `link PATH`, or `hash HASH` and each line of authorized_keys behind `key `.
# shellcheck disable=SC2016 # expanded where it runs
READ_ROOT='
file=/root/.ssh/authorized_keys
for path in /root/.ssh "$file"; do [ ! -L "$path" ] || { echo "link $path"; exit 0; }; done
sed -n "s/^root:\([^:]*\):.*/hash \1/p" /etc/shadow
[ ! -e "$file" ] || { cat "$file"; echo; } | sed -n "/./s/^/key /p"
'

# The same: makes standard input the file; one that is there keeps owner and mode.
# shellcheck disable=SC2016
WRITE_KEYS='
umask 077
file=/root/.ssh/authorized_keys
mkdir -p /root/.ssh && cat >"$file.phoenix" || exit 1
[ ! -e "$file" ] || { chown "$(stat -c %u:%g "$file")" "$file.phoenix" && chmod "$(stat -c %a "$file")" "$file.phoenix"; } || exit 1
mv -f "$file.phoenix" "$file"
'

# Set by read_root: the lines of authorized_keys, and the password's hash.
ROOT_KEYS=() ROOT_HASH=''

# read_root: false where the container does not answer.
read_root() {
  local said word rest
  said=$(in_ct 20 /bin/sh -c "$READ_ROOT" </dev/null) || return 1
  ROOT_KEYS=() ROOT_HASH=''
  while IFS= read -r rest; do
    word=${rest%% *} rest=${rest#* }
    case $word in
      link) err "CT $CTID: its $rest is a link; make it a real one and run again. No key and no password was changed" ;;
      hash) ROOT_HASH=$rest ;;
      key) ROOT_KEYS+=("$rest") ;;
    esac
  done <<<"$said"
}

# Set by read_note.
declare -A OWN_KEYS=()
HASH_BEFORE='' HASH_NOTED=''

read_note() {
  local word rest
  OWN_KEYS=() HASH_BEFORE='' HASH_NOTED=''
  [ -e "$(root_note)" ] || return 0
  while read -r word rest; do
    case $word in key) OWN_KEYS[$rest]=yes ;; before) HASH_BEFORE=$rest HASH_NOTED=yes ;; esac
  done <"$(root_note)"
}

write_note() {
  local key
  if [ "${#OWN_KEYS[@]}" -eq 0 ] && [ -z "$HASH_NOTED" ]; then
    rm -f -- "$(root_note)"
    return 0
  fi
  write_file "$(root_note)" 600 < <(
    [ "${#OWN_KEYS[@]}" -eq 0 ] || for key in "${!OWN_KEYS[@]}"; do printf 'key %s\n' "$key"; done | sort
    [ -z "$HASH_NOTED" ] || printf 'before %s\n' "$HASH_BEFORE"
  ) || true
}

# material_of LINE: the key itself, without its kind and comment.
material_of() {
  local kind key rest
  read -r kind key rest <<<"$1"
  printf '%s' "$key"
}

# short_key LINE: how messages name it.
short_key() {
  local kind key comment
  read -r kind key comment <<<"$1"
  printf '%s' "${comment:-$kind ...${key: -12}}"
}

# has_key MATERIAL: whether root may log in by it.
has_key() {
  local line
  for line in "${ROOT_KEYS[@]}"; do [[ " $line " != *" $1 "* ]] || return 0; done
  return 1
}

# settle_keys LINE…: these are there, and of ours no others; foreign ones stay.
settle_keys() {
  local line key differs=''
  local -A wanted=()
  local -a kept=()
  for line; do
    key=$(material_of "$line")
    wanted[$key]=yes
  done
  for line in "${ROOT_KEYS[@]}"; do
    for key in "${!OWN_KEYS[@]}"; do
      if [ -z "${wanted[$key]-}" ] && [[ " $line " == *" $key "* ]]; then
        differs=yes
        changed "CT $CTID: root's key $(short_key "$line") is taken out"
        continue 2
      fi
    done
    kept+=("$line")
  done
  ROOT_KEYS=("${kept[@]}")
  for line; do
    key=$(material_of "$line")
    ! has_key "$key" || continue
    differs=yes
    OWN_KEYS[$key]=yes
    ROOT_KEYS+=("$line")
    changed "CT $CTID: root has the key $(short_key "$line")"
  done
  write_note
  if [ -n "$differs" ]; then
    { [ "${#ROOT_KEYS[@]}" -eq 0 ] || printf '%s\n' "${ROOT_KEYS[@]}"; } | in_ct 20 /bin/sh -c "$WRITE_KEYS" ||
      err "CT $CTID: root's authorized_keys could not be written; is its disk full? ('pct exec $CTID -- df -h')"
  fi
  for key in "${!OWN_KEYS[@]}"; do [ -n "${wanted[$key]-}" ] || unset "OWN_KEYS[$key]"; done
}

# settle_password HASH: that one, or '' for the one that was there before ours.
settle_password() {
  local wanted=$1
  if [ -n "$wanted" ] && [ -z "$HASH_NOTED" ] && [ "$ROOT_HASH" != "$wanted" ]; then
    HASH_BEFORE=$ROOT_HASH HASH_NOTED=yes
    write_note
  elif [ -z "$wanted" ]; then
    [ -n "$HASH_NOTED" ] || return 0
    wanted=$HASH_BEFORE
  fi
  if [ "$ROOT_HASH" != "$wanted" ]; then
    printf 'root:%s\n' "$wanted" | in_ct 20 chpasswd -e ||
      err "CT $CTID: root's password could not be set; chpasswd's message is above"
    changed "CT $CTID: root's password hash"
  fi
  [ -n "$1" ] || HASH_BEFORE='' HASH_NOTED=''
}
