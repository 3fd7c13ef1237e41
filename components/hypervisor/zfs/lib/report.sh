#!/usr/bin/env bash
# What the ZFS scripts share: warnings in the result, repairs that a look only reports, sizes.

WARNINGS=()
# What a look found.
DEVIATIONS=()
# More for the result: options of jq, each with a name and a value.
EXTRA=()

# warn WHAT: something the user should know; it stops nothing and ends up in the result.
warn() {
  WARNINGS+=("$*")
  say "warning: $*"
}

# repair WHAT COMMAND…: does what brings the host back, and notes it; a look only reports it.
repair() {
  local what=$1
  shift
  if [ -n "$LOOK" ]; then
    deviates "$what"
    return 0
  fi
  "$@"
  changed "$what"
}

# deviates WHAT: what a repair would do, as what is not as it is to be.
deviates() {
  case $1 in
    'created '* | 'added '*) DEVIATIONS+=("${1#* } is missing") ;;
    'imported '*) DEVIATIONS+=("${1#* } is not imported") ;;
    'mounted '*) DEVIATIONS+=("${1#* } is not mounted") ;;
    'wrote '*) DEVIATIONS+=("${1#* } differs") ;;
    *) DEVIATIONS+=("$1") ;;
  esac
}

# finish: the result with its warnings, one JSON line on the real standard output.
finish() {
  if [ -n "$LOOK" ]; then
    result false deviations "${DEVIATIONS[@]}"
    return 0
  fi
  result "$([ "${#DID[@]}" -gt 0 ] && echo true || echo false)" did "${DID[@]}"
}

# result CHANGED KEY TEXT…: the texts by that key, with the warnings and what else is to be told.
result() {
  local changed=$1 key=$2
  shift 2
  end_with "$(jq -cn "${EXTRA[@]}" '
    $ARGS.positional as [$changed, $key, $count] | $ARGS.positional[3:] as $texts
    | $texts[$count | tonumber:] as $warnings
    | {changed: ($changed == "true"), ($key): $texts[:$count | tonumber]}
    + (if $warnings == [] then {} else {warnings: $warnings} end) + $ARGS.named' \
    --args "$changed" "$key" "$#" "$@" "${WARNINGS[@]}")"
}

# has zpool|zfs NAME: whether ZFS has it. Never judged while nobody can tell.
has() {
  local said
  said=$("$1" list -H -o name "$2" 2>&1 >/dev/null 9>&-) && return 0
  case $said in *'no such pool'* | *'does not exist'*) return 1 ;; esac
  err "whether $2 is there cannot be told; '$1 list $2' says: $(grep . <<<"${said:-nothing}" | joined | cut -c 1-300)"
}

# joined: the lines of standard input as one, with '; ' between.
joined() { paste -sd ';' - | sed 's/;/; /g'; }

# bytes SIZE: 1.4T, 128K or 512 as bytes, as ZFS counts them; 'none' is 0, anything else stays as it is.
bytes() {
  awk -v v="$1" 'BEGIN {
    if (v == "none") { print 0; exit }
    if (v !~ /^[0-9]+(\.[0-9]+)?([KMGTPEkmgtpe]([iI]?[bB])?|[bB])?$/) { print v; exit }
    unit = v; gsub(/[0-9.]/, "", unit)
    p = index("KMGTPE", toupper(substr(unit, 1, 1)))
    printf "%.0f\n", int((v + 0) * 1024 ^ p)
  }'
}

# human BYTES: 3.1M, for people.
human() { numfmt --to=iec --format=%.1f "$1"; }

# One value may have several spellings; ZFS answers with one of them.
same_value() {
  local property=$1 now=$2 wanted=$3
  case "$property=$wanted" in
    acltype=posixacl) wanted=posix ;;
    acltype=noacl) wanted=off ;;
    compression=gzip-6) wanted=gzip ;;
    compression=zstd-fast-1) wanted=zstd-fast ;;
    compression=zstd-3) [ "$now" != zstd ] || wanted=zstd ;;
    encryption=on) [ "$now" = off ] || wanted=$now ;;
    dedup=verify) wanted=sha256,verify ;;
    xattr=on) [ "$now" != sa ] || wanted=sa ;;
    xattr=sa) [ "$now" != on ] || wanted=on ;;
  esac
  [ "$now" = "$wanted" ] || [ "$now" = "$(bytes "$wanted")" ]
}
