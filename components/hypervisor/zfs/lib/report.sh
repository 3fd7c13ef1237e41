#!/usr/bin/env bash
# What the scripts of ZFS, NFS and Samba share: warnings in the result, sizes.

WARNINGS=()
# More for the result: options of jq, each with a name and a value.
EXTRA=()

# warn WHAT: something the user should know; it stops nothing and ends up in the result. No look tells it: it is no
# deviation.
warn() {
  ! looking || return 0
  WARNINGS+=("$*")
  say "warning: $*"
}

# finish: the result with its warnings, one JSON line on the real standard output.
finish() {
  if looking || [ "${#WARNINGS[@]}${#EXTRA[@]}" = 00 ]; then
    report
    return 0
  fi
  end_with "$(jq -cn "${EXTRA[@]}" '
    ($ARGS.positional[0] | tonumber) as $count | $ARGS.positional[1:] as $texts
    | {changed: ($count > 0), did: $texts[:$count]}
    + (if $texts[$count:] == [] then {} else {warnings: $texts[$count:]} end) + $ARGS.named' \
    --args "${#DID[@]}" "${DID[@]}" "${WARNINGS[@]}")"
}

# has zpool|zfs NAME: whether ZFS has it. Never judged while nobody can tell.
has() {
  local said
  said=$("$1" list -H -o name "$2" 2>&1 >/dev/null 9>&-) && return 0
  case $said in *'no such pool'* | *'does not exist'*) return 1 ;; esac
  err "whether $2 is there cannot be determined; '$1 list $2' says: $(grep . <<<"${said:-nothing}" | joined | cut -c 1-300)"
}

# joined: the lines of standard input as one, with '; ' between.
joined() { paste -sd ';' - | sed 's/;/; /g'; }

# bytes SIZE: 1.4T, 128K or 512 as bytes, as ZFS counts them; 'none' is 0, anything else stays as it is.
bytes() {
  local units=BKMGTP rest
  if [[ $1 =~ ^([1-9][0-9]{0,4})([KMGTP])$ ]]; then
    rest=${units%"${BASH_REMATCH[2]}"*}
    printf '%s\n' $((BASH_REMATCH[1] << (10 * ${#rest})))
    return
  fi
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
