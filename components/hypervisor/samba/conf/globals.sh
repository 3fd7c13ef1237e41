#!/usr/bin/env bash
# Which of our values of [global] are used: those that nobody else set.
. hypervisor/samba/lib/picture.sh
set -euo pipefail

# global_lines FILE: our values as lines of [global], without those whose keys stand in the file.
global_lines() {
  jq -r --rawfile theirs "$1" '($theirs | split("\n")) as $set |
    .globals[] | select(.[0] as $key | $set | index($key) | not) | "   \(.[0]) = \(.[1])"' <<<"$SETTINGS"
}

# substitute KEY: other parameters for the same thing: whoever sets one of them has made that choice.
substitute() {
  case $1 in
    'server role') printf '%s\n' security 'domain logons' ;;
    logging) printf '%s\n' syslog 'syslog only' ;;
  esac
}

# tell_kept KEY OURS SET: warns of the line by which the user chose another value than ours. SET is the key that he set.
tell_kept() {
  local place value
  IFS=$'\t' read -r place value < <(setting_place "$3" | grep . || printf "Samba's registry\t%s\n" "${GLOBAL["theirs $3"]-}")
  warn "$place sets $3 = $value: kept, where samba.shares alone would set $1 = $2; remove it there to have ours"
}

# judge_global KEY OURS: notes in $SCRATCH/kept a key that the user has set. With our values in front of his files, a key
# whose value is the same as without ours was set by him, even to Samba's default.
judge_global() {
  local key=$1 now other
  while IFS= read -r other; do
    [ -n "${GLOBAL["theirs $other"]-}" ] || continue
    printf '%s\n' "$key" >>"$SCRATCH/kept"
    if [ "$key" = 'server role' ] && grep -Fxq 'Server role: ROLE_STANDALONE' "$SCRATCH/theirs.said"; then return 0; fi
    tell_kept "$key" "$2" "$other"
    return 0
  done < <(substitute "$key")
  now=${GLOBAL["theirs $key"]-}
  [ "$now" = "${GLOBAL["below $key"]-}" ] && [ "$now" != "${GLOBAL["ours $key"]-}" ] || return 0
  printf '%s\n' "$key" >>"$SCRATCH/kept"
  tell_kept "$key" "$2" "$key"
}

# judge_globals: needs theirs.conf and ours.conf read.
judge_globals() {
  local key value
  : >"$SCRATCH/kept"
  { printf '[global]\n' && global_lines /dev/null && cat "$SCRATCH/theirs.conf"; } >"$SCRATCH/below.conf"
  read_conf below || err "$CONF is not usable with our [global] in front of it: $(complaint below); nothing was changed"
  while IFS=$'\t' read -r key value; do judge_global "$key" "$value"; done < <(jq -r '.globals[] | @tsv' <<<"$SETTINGS")
}
