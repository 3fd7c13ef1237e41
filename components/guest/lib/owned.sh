#!/usr/bin/env bash
# What an earlier run set by the entry where the entry may leave it to others: an option's key, `tag NAME`, or the place of a
# mount and its option. What is taken out of the entry goes back to Proxmox VE's default only where we had set it. A note
# beside the container's others has it, one a line.
. guest/lib/options.sh

declare -A OWNED=()

# read_owned FILE
read_owned() {
  local line
  OWNED=()
  [ -e "$1" ] || return 0
  while IFS= read -r line; do [ -z "$line" ] || OWNED[$line]=yes; done <"$1"
}

# note_owned FILE WHAT…: before they are set: an interrupted run knows what is its own.
note_owned() {
  local file=$1 what new=''
  shift
  for what; do
    [ -n "${OWNED[$what]-}" ] || new=yes
    OWNED[$what]=yes
  done
  [ -z "$new" ] || write_owned "$file"
}

# settle_owned FILE WHAT…: these alone, afterwards.
settle_owned() {
  local file=$1 what
  local -A kept=()
  shift
  for what; do kept[$what]=yes; done
  [ "${#kept[@]}" -ne "${#OWNED[@]}" ] || return 0
  OWNED=()
  for what; do OWNED[$what]=yes; done
  write_owned "$file"
}

write_owned() {
  if [ "${#OWNED[@]}" -eq 0 ]; then
    rm -f -- "$1"
  else
    write_file "$1" < <(printf '%s\n' "${!OWNED[@]}" | sort) || true
  fi
}

# Set by merged_options.
MERGED=''

# merged_options WHAT THERE WANTED: of a mount's options that are there, those that the entry does not say, nor said before of
# WHAT; and the wanted ones.
merged_options() {
  local part key IFS=,
  local -A PAIRS=()
  pairs_of "$3"
  MERGED=''
  set -f
  for part in $2; do
    key=${part%%=*}
    [ -n "${PAIRS[$key]+wanted}${OWNED[$1 $key]-}" ] || MERGED+=,$part
  done
  set +f
  MERGED=${MERGED#,}${3:+${MERGED:+,}$3}
}

# said_options WHAT OPTIONS: what the entry says of a mount, as the note has it, one a line.
said_options() {
  local key
  local -A PAIRS=()
  pairs_of "$2"
  for key in "${!PAIRS[@]}"; do printf '%s %s\n' "$1" "$key"; done
}
