#!/usr/bin/env bash
# Joined in front of every host script by components/host. A script reads its desired state as JSON on
# standard input, tells its progress on standard error and ends with one JSON line on standard output.
if [ -z "${BASH_VERSION:-}" ]; then
  echo "phoenix: the login shell of the user on the host must be bash" >&2
  exit 1
fi
set -euo pipefail

# The engine may vanish while a script runs. What was begun is finished: a closed connection ends nothing.
trap '' PIPE HUP

# Standard output becomes state, so only `report` writes there; whatever else a tool prints is progress.
exec 3>&1 1>&2

export LC_ALL=C
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

PHOENIX_STATE=${PHOENIX_STATE:-/var/lib/phoenix}
PHOENIX_LOGS=${PHOENIX_LOGS:-/var/log/phoenix_hypervisor}
PHOENIX_LOCKS=${PHOENIX_LOCKS:-/run/lock/phoenix}
SETTINGS=''
DID=()

# With a log of its own (log_as), what the tools print goes there and `say` is still shown, on descriptor 4.
LOG=''
LOG_FROM=1
TOLD=''

say() {
  [ -z "$LOG" ] || printf '%s\n' "$*" >&4 || true
  printf '%s\n' "$*" >&2 || true
}

# err WHY…: ends the script with exit code 1, or $CODE: `CODE=4 err …`. The NVIDIA steps have the original's: 2 invalid
# input, 3 container not found, 4 configuration of the host, 5 installation, 6 restart.
err() {
  local seen=''
  TOLD=yes
  if [ -n "$LOG" ] && seen=$(log_tail) && [ -n "$seen" ]; then
    printf '%s\n' "$seen" >&4 || true
    seen=" (all of its output: $LOG on $(hostname))"
  fi
  say "phoenix: $*$seen"
  exit "${CODE:-1}"
}

# log_as NAME: from here on the output of every tool goes to $PHOENIX_LOGS/NAME.log; a failure shows its end.
log_as() {
  mkdir -p "$PHOENIX_LOGS"
  LOG=$PHOENIX_LOGS/$1.log
  : >>"$LOG"
  LOG_FROM=$(($(wc -l <"$LOG") + 2))
  exec 4>&2
  exec 1>>"$LOG" 2>&1
  printf '== %s %s\n' "$(date -u +%FT%TZ)" "$1"
  trap log_end EXIT
}

# The last lines of this run's log, at most 20.
log_tail() { tail -n "+$LOG_FROM" "$LOG" | tail -n 20; }

# A command that failed without a word of ours still shows what it said.
log_end() {
  local code=$?
  if [ "$code" -ne 0 ] && [ -z "$TOLD" ]; then
    err "a command failed with exit code $code"
  fi
}

need_cmd() {
  local name
  for name; do
    command -v "$name" >/dev/null || err "'$name' is not installed on $(hostname)"
  done
}

# changed WHAT: notes one thing that was done; it ends up in the result.
changed() {
  DID+=("$*")
  say "$*"
}

# read_settings: the desired state from standard input, checked to be JSON before anything is done.
read_settings() {
  SETTINGS=$(cat)
  jq -e 'type == "object"' >/dev/null 2>&1 <<<"$SETTINGS" || err "standard input is not a JSON object"
}

# load VARIABLE=path…: sets the caller's variables from the settings; an absent path gives ''.
load() {
  local pair index=0 filter=''
  local -a values=()
  for pair; do
    filter+="(.${pair#*=} | if . == null then \"\" else tostring end), \"\\u0000\","
  done
  mapfile -d '' -t values < <(jq -j "${filter%,}" <<<"$SETTINGS")
  for pair; do
    printf -v "${pair%%=*}" '%s' "${values[index]}"
    index=$((index + 1))
  done
}

# list PATH: the items of a list in the settings, one a line.
list() { jq -r ".$1 // [] | .[]" <<<"$SETTINGS"; }

# report: the result, one JSON line on the real standard output.
report() {
  jq -cn '{changed: ($ARGS.positional | length > 0), did: $ARGS.positional}' --args "${DID[@]}" >&3 || true
}

# lock NAME SECONDS: held until the script ends; children that outlive it close descriptor 9.
lock() {
  mkdir -p "$PHOENIX_LOCKS"
  exec 9>"$PHOENIX_LOCKS/$1.lock"
  flock -w "$2" 9 || err "another run still holds $PHOENIX_LOCKS/$1.lock after $2 s; run again when it has ended"
}

# wait_for SECONDS COMMAND…: polls a condition, never longer than that.
wait_for() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$deadline" ] || return 1
    sleep 0.2
  done
}

# part_of PATH: the beginning of the name under which a file is written before it takes its place.
part_of() { printf '%s/.phoenix.%s' "${1%/*}" "${1##*/}"; }

# remove_parts PATH: what a run that was killed in `write_file` left beside the file.
remove_parts() { rm -f -- "$(part_of "$1")".??????; }

# remove_file PATH: a file that `write_file` wrote.
remove_file() { remove_parts "$1" && rm -f -- "$1"; }

# write_file PATH [MODE]: standard input to a file, at once or not at all; true when the text differed.
write_file() {
  local path=$1 mode=${2:-644} new
  remove_parts "$path"
  # As a condition, the function runs without `set -e`.
  new=$(mktemp "$(part_of "$path").XXXXXX") || err "$path could not be written; it is unchanged"
  if ! cat >"$new"; then
    rm -f "$new"
    err "$path could not be written; it is unchanged"
  fi
  if [ -e "$path" ] && cmp -s "$new" "$path"; then
    rm -f "$new"
    return 1
  fi
  if ! chmod "$mode" "$new" || ! mv -f "$new" "$path"; then
    err "$path could not be replaced; it is unchanged"
  fi
}

# keep_original PATH: before its first change, a copy of a file that is not ours, or a note that there was none.
keep_original() {
  local path=$1 copy="$PHOENIX_STATE/originals$1"
  if [ -e "$copy" ] || [ -e "$copy.absent" ]; then
    return 0
  fi
  mkdir -p "$(dirname "$copy")"
  if [ -e "$path" ]; then
    cp -a -- "$path" "$copy.new"
    mv -f -- "$copy.new" "$copy"
  else
    : >"$copy.absent"
  fi
}

# restore_original PATH: undoes keep_original; false when there is nothing to bring back.
restore_original() {
  local path=$1 copy="$PHOENIX_STATE/originals$1"
  remove_parts "$path"
  if [ -e "$copy" ]; then
    mkdir -p "$(dirname "$path")"
    mv -f -- "$copy" "$path"
  elif [ -e "$copy.absent" ]; then
    rm -f -- "$path" "$copy.absent"
  else
    return 1
  fi
}

# pve COMMAND…: a Proxmox VE command; only its lock errors are tried again, for at most a minute.
pve() {
  local deadline=$((SECONDS + 60)) output code
  while :; do
    code=0
    output=$("$@" 2>&1 9>&-) || code=$?
    [ -z "$output" ] || printf '%s\n' "$output" >&2 || true
    [ "$code" -ne 0 ] || return 0
    grep -Eq "can't lock file .* got timeout|is locked \((disk|backup|snapshot|snapshot-delete|rollback)\)" <<<"$output" ||
      return "$code"
    [ "$SECONDS" -lt "$deadline" ] || return "$code"
    sleep 1
  done
}
