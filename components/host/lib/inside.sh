#!/usr/bin/env bash
# A script of the user's, or one of ours, that runs somewhere else: in a container, in a
# machine, or on this node beside ours.
# Settings: {script: text | script64: base64, environment?: {PHOENIX_…: value}, config?}

# The program that receives a script and runs it there as root: /bin/sh -c "$RUNNER" sh NAME ID SECONDS VARIABLE=CONFIG
# ALONE [STEP DIGEST], with the output of `bundle` on standard input. With STEP it leaves that step's mark there
# (guest/lib/marks.sh), with what the script writes to PHOENIX_PROOFS. The script finds the path of the file CONFIG in PHOENIX_VARIABLE.
# The folder is new and private, and its name cannot be guessed.
# The script is run by the program of its first line, as the kernel would do it, also where /run is mounted noexec.
# Exit code 125, and a line that begins with "phoenix-inside: ", when the script could not be run.
# shellcheck disable=SC2016,SC2034 # expanded where it runs
RUNNER='
fail() { echo "phoenix-inside: $*"; exit 125; }
exec 2>&1
umask 077
name=$1 id=$2 seconds=$3 config=$4 alone=$5 step=${6-} digest=${7-}
marks=/var/lib/phoenix/steps
base=/run/phoenix
mkdir -p /run
mkdir -m 700 "$base" 2>/dev/null
{ [ -d "$base" ] && [ ! -L "$base" ] && chmod 700 "$base"; } || fail "$base is no folder of its own"
if [ -n "$alone" ] && command -v flock >/dev/null; then
  exec 8>>"$base/run.lock"
  flock -w "$seconds" 8 || fail "another run of a script still goes on there"
fi
for old in "$base"/run.*.*; do
  pid=${old#"$base"/run.}
  [ ! -d "$old" ] || kill -0 "${pid%%.*}" 2>/dev/null || rm -rf "$old"
done
folder=$(mktemp -d "$base/run.$$.XXXXXX") || fail "no folder could be made in $base"
trap "rm -rf \"\$folder\"" EXIT
trap "exit 143" HUP INT TERM
base64 -d | tar -C "$folder" -xf - || fail "it could not be put into $folder"
file=$folder/$name
. "$folder/phoenix.env" || fail "its variables could not be read"
[ ! -e "$folder/${config#*=}" ] || export "PHOENIX_${config%%=*}=$folder/${config#*=}"
first=$(head -c 4096 "$file" | tr -d "\000" | head -n 1)
blank=$(printf " \t")
case $first in
  "#!"*)
    first=$(printf "%s\n" "${first#??}" | sed "s/^[$blank]*//; s/[$blank]*\$//")
    program=${first%%[$blank]*}
    word=$(printf "%s\n" "${first#"$program"}" | sed "s/^[$blank]*//")
    ;;
  *) program=/bin/bash word= ;;
esac
set -- "$program" ${word:+"$word"} "$file" "$id"
if [ "$seconds" != 0 ] && command -v timeout >/dev/null; then set -- timeout -k 30 "$seconds" "$@"; fi
if [ -n "$step" ]; then
  rm -f "$marks/$step"
  export PHOENIX_PROOFS="$folder/proofs"
fi
"$@" </dev/null 8>&-
code=$?
if [ "$code" = 0 ] && [ -n "$step" ]; then
  { mkdir -p "$marks" && { echo "digest $digest"; [ ! -e "$folder/proofs" ] || cat "$folder/proofs"; } >"$marks/$step.new" &&
    mv -f "$marks/$step.new" "$marks/$step"; } || fail "that it was run could not be noted in $marks"
fi
exit "$code"
'

# bundle NAME VARIABLE=CONFIG [VARIABLES]: the script, its variables (with those of the JSON object VARIABLES) and its
# configuration as one archive in base64.
bundle() {
  local folder config more=${3:-}
  [ -n "$more" ] || more='{}'
  scratch_folder folder
  (
    trap 'rm -rf "$folder"' EXIT
    umask 077
    if given script64; then
      setting script64 | base64 -d >"$folder/$1"
    else
      setting script >"$folder/$1"
    fi
    jq -r --argjson more "$more" '(.environment // {}) + $more | to_entries[]
      | "export \(.key)=\(.value | tostring | @sh)"' <<<"$SETTINGS" >"$folder/phoenix.env"
    config=$(jq '.config' <<<"$SETTINGS")
    [ "$config" = null ] || printf '%s\n' "$config" >"$folder/${2#*=}"
    tar -C "$folder" -cf - . | base64
  )
}

# not_begun CODE: why the script could not be run at all; false when it could.
not_begun() {
  [ "$1" -eq 125 ] && log_tail | sed -n 's/^phoenix-inside: //p' | tail -n 1 | grep .
}

# reported KIND: what the script reported of that kind, one a line.
reported() { tail -c "+$LOG_FROM" "$LOG" | tr -d '\000' | sed -n "s/^phoenix-$1: //p"; }

# report_inside GUEST NAME: passes on what the script reported. Built-in features report what they did; any other counts as a
# change whenever it ran.
report_inside() {
  local line
  while IFS= read -r line; do say "warning: $1: $line"; done < <(reported warning | awk '!seen[$0]++')
  while IFS= read -r line; do changed "$1: $line"; done < <(reported did | awk 'NR <= 50')
  [ "$(setting reports)" = true ] || changed "$1: ran $2"
}
