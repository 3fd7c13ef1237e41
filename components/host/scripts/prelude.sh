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

export LC_ALL=C
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

PHOENIX_STATE=${PHOENIX_STATE:-/var/lib/phoenix}
PHOENIX_LOGS=${PHOENIX_LOGS:-/var/log/phoenix_hypervisor}
SETTINGS=''
DID=()

need_cmd() {
  local name
  for name; do
    command -v "$name" >/dev/null || err "'$name' is not installed on $(hostname)"
  done
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
