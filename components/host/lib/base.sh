#!/usr/bin/env bash
# Part of the prelude: how a script begins, reads its settings, waits, and reports its result.
if [ -z "${BASH_VERSION:-}" ]; then
  echo "phoenix: the login shell of the user on the host must be bash" >&2
  exit 1
fi
set -euo pipefail

# The engine may vanish while a script runs: the script goes on to its end without the connection.
trap '' PIPE HUP

export LC_ALL=C
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

PHOENIX_STATE=${PHOENIX_STATE:-/var/lib/phoenix}
PHOENIX_LOGS=${PHOENIX_LOGS:-/var/log/phoenix_hypervisor}
# Of a look: name of the function that ends it; what would be an error is given to it. It changes nothing, and so takes
# no lock.
LOOK=''
SETTINGS=''
# Values of the settings by their path, as .network.bridge or .packages.0.
declare -A SETTING=()
DID=()

# A program of jq: names and texts, numbers and flags of an object, each ended by a NUL byte.
# shellcheck disable=SC2016 # names of jq's
FLAT='def flat($at; $depth): keys_unsorted[] as $key | .[$key] | "\($at).\($key)" as $name
  | if type == "object" or type == "array" then if $depth > 1 then flat($name; $depth - 1) else empty end
    elif . == null or ("\($name)\(.)" | index("\u0000")) then empty
    else $name, "\u0000", tostring, "\u0000" end;
'

need_cmd() {
  local name
  for name; do
    command -v "$name" >/dev/null || err "'$name' is not installed on $(hostname)"
  done
}

# read_settings: the desired state from standard input, checked to be JSON before anything is done. Its texts, numbers
# and flags are read at once, three names deep: to start jq takes longer than most of what a step does.
read_settings() {
  local index values IFS=$'\377'
  local -a found
  # Several scripts in one text each call this.
  [ "${#SETTING[@]}" -eq 0 ] || return 0
  # A builtin that reads in blocks, up to so many bytes or the end.
  [ -n "$SETTINGS" ] || IFS='' read -r -N 1000000000 SETTINGS || true
  # Bash reads a pipe up to a NUL byte by byte, but splits a text at once: at a byte that UTF-8 does not have.
  values=$(jq -sj "$FLAT"'if length == 1 and (.[0] | type) == "object" then (.[0] | flat(""; 3)), "whole" else empty end' \
    <<<"$SETTINGS" 2>/dev/null | tr '\000' '\377') || true
  set -f
  # shellcheck disable=SC2206 # it is to be split
  found=($values)
  set +f
  [ "${found[*]: -1}" = whole ] || err "standard input is not a JSON object"
  for ((index = 0; index + 1 < ${#found[@]}; index += 2)); do
    SETTING[${found[index]}]=${found[index + 1]}
  done
}

# load VARIABLE=path…: sets the caller's variables from the settings; an absent path gives ''.
load() {
  local pair
  for pair; do
    printf -v "${pair%%=*}" '%s' "${SETTING[.${pair#*=}]-}"
  done
}

# setting PATH: what stands there in the settings, or nothing.
setting() { printf '%s' "${SETTING[.$1]-}"; }

# given PATH: the settings have a text, number or flag there.
given() { [ -v "SETTING[.$1]" ]; }

# list PATH: the items of a list in the settings, one a line, in one write: the reader may stop after the first.
list() {
  local index=0 lines=''
  while given "$1.$index"; do
    lines+=${SETTING[.$1.$index]}$'\n'
    index=$((index + 1))
  done
  printf '%s' "$lines"
}

# Set by texts_json.
TEXTS=''

# texts_json TEXT…: into TEXTS the texts as a list of JSON. What is plain letters needs no jq.
texts_json() {
  local text
  TEXTS=''
  if [[ $* == *[!\ -~]* ]]; then
    TEXTS=$(jq -cn '$ARGS.positional' --args "$@")
    return 0
  fi
  for text; do
    text=${text//\\/\\\\}
    TEXTS+=,\"${text//\"/\\\"}\"
  done
  TEXTS=[${TEXTS:1}]
}

# report: the result, with what was done; a look's is its own.
report() {
  local any=false
  [ -z "$LOOK" ] || "$LOOK"
  [ "${#DID[@]}" -eq 0 ] || any=true
  texts_json "${DID[@]}"
  end_with "{\"changed\":$any,\"did\":$TEXTS}"
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
