#!/usr/bin/env bash
# Part of the prelude: locks and temporary files.

# A folder of root's alone, in memory. In a folder that others may write to, they could plant a link.
PHOENIX_RUN=${PHOENIX_RUN:-/run/phoenix}

# Set by read_process.
PROCESS=''

# read_process PID: into PROCESS the PID and its start time in the kernel's ticks, which identify one process for good; '' where none
# has this PID.
read_process() {
  local stat=''
  local -a fields
  PROCESS=''
  { IFS='' read -r -d '' stat <"/proc/$1/stat"; } 2>/dev/null || [ -n "$stat" ] || return 0
  IFS=' ' read -r -a fields <<<"${stat##*) }"
  PROCESS=$1-${fields[19]}
}

# Identifies this script, in the names of its temporary files: the next script removes those of a killed one.
read_process "$$"
PROCESS_KEY=$PROCESS

# gone KEY: whether that process has ended; false for what is no key.
gone() { [[ $1 =~ ^[0-9]+-[0-9]+$ ]] && read_process "${1%-*}" && [ "$PROCESS" != "$1" ]; }

IS_PRIVATE=''

# private_folder: makes the folder, and checks once that it is root's alone.
private_folder() {
  local left key
  local -a leftovers=()
  [ -z "$IS_PRIVATE" ] || return 0
  [ -d "$PHOENIX_RUN" ] || mkdir -m 700 -- "$PHOENIX_RUN" 2>/dev/null || true
  { [ -d "$PHOENIX_RUN" ] && [ ! -L "$PHOENIX_RUN" ] && [ -O "$PHOENIX_RUN" ] && chmod 700 -- "$PHOENIX_RUN"; } ||
    err "$PHOENIX_RUN is not a folder of $(id -un)'s own on $(hostname); look who made it, remove it, and run again"
  for left in "$PHOENIX_RUN"/step.*; do
    key=${left##*/step.}
    ! gone "${key%%.*}" || leftovers+=("$left")
  done
  [ "${#leftovers[@]}" -eq 0 ] || rm -rf -- "${leftovers[@]}"
  IS_PRIVATE=yes
}

# The folders that this script made for a while.
SCRATCH_FOLDERS=()

# scratch_folder VARIABLE: a new folder for a while. The script removes it; the next one does that of a killed script.
scratch_folder() {
  private_folder
  printf -v "$1" '%s' "$(mktemp -d "$PHOENIX_RUN/step.$PROCESS_KEY.XXXXXX")"
  [ -n "${!1}" ] ||
    err "no folder could be made in $PHOENIX_RUN; is it full? ('df -h $PHOENIX_RUN')"
  SCRATCH_FOLDERS+=("${!1}")
}

# lock NAME SECONDS [DESCRIPTOR]: kept until the script ends, or the descriptor (9) is closed. Children that outlive the
# script must close it.
lock() {
  [ -z "$LOOK" ] || return 0
  acquire_lock "${3:-9}" "$1" "$2" || err "another run still holds $PHOENIX_RUN/$1.lock after $2 s$(holder "$1"); run again when it has ended"
}

# acquire_lock DESCRIPTOR NAME SECONDS: takes the lock of that name, which lasts until the descriptor is closed; false when
# it was not free in that time.
acquire_lock() {
  local descriptor=$1 file=$PHOENIX_RUN/$2.lock
  private_folder
  eval "exec $descriptor>>\"\$file\""
  await_lock "$descriptor" "$file" "$3" "$2" || return 1
  # For the messages of those who wait for it.
  printf '%s %(%T)T %s\n' "$$" -1 "${LOG##*/}" >"$file"
}

# lock_of_proxmox FILE SECONDS: a lock of Proxmox VE's own, on descriptor 7. Its folder lies in one that everybody may write to.
lock_of_proxmox() {
  local folder=${1%/*}
  mkdir -p -- "$folder"
  { [ -O "$folder" ] && [ ! -L "$folder" ] && [ ! -L "$1" ]; } ||
    err "$1, a lock of Proxmox VE, is not in a folder of its own, or is a link: look who made it and remove it; nothing was changed"
  exec 7>>"$1"
  await_lock 7 "$1" "$2"
}

# await_lock DESCRIPTOR FILE SECONDS [NAME]: waits, and says so: after three seconds, then every fifteen.
await_lock() {
  local begin=$SECONDS wait=3 left=$3
  while [ "$left" -gt 0 ]; do
    [ "$wait" -lt "$left" ] || wait=$left
    ! flock -w "$wait" "$1" || return 0
    left=$(($3 - SECONDS + begin))
    [ "$left" -le 0 ] || say "waiting for $2, for $((SECONDS - begin)) s now and $3 s at most${4:+$(holder "$4")}"
    wait=15
  done
  return 1
}

# holder NAME: who has that lock, as the end of a sentence; '' where nobody knows.
holder() {
  local pid since what
  read -r pid since what 2>/dev/null <"$PHOENIX_RUN/$1.lock" || return 0
  ! kill -0 "$pid" 2>/dev/null || printf ': process %s has it since %s%s' "$pid" "$since" "${what:+ ($what)}"
}
