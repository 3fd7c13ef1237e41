#!/usr/bin/env bash
# A script of the user's, or one of ours, that runs somewhere else: in a container, in a
# machine, or on this node beside ours.
# Settings: {script: text | script64: base64, files?: [{path, mode, text | base64}], environment?: {PHOENIX_…: value}, config?}

# The program that receives a script and runs it there as root: /bin/sh -c "$RUNNER" sh NAME ID SECONDS VARIABLE=CONFIG
# ALONE [STEP DIGEST], with the output of `bundle` on standard input. With STEP it leaves that step's mark there
# (guest/lib/marks.sh), with what the script writes to PHOENIX_PROOFS. The script finds the path of the file CONFIG in PHOENIX_VARIABLE,
# and those of the files that the original's scripts read in LXC_CONFIG_FILE and HYPERVISOR_CONFIG_FILE.
# The folder is new and private, and its name cannot be guessed. ALONE is empty where others may run beside it; a path is
# where the script finds that folder for this while, and that of the original's installation.
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
run=$(mktemp -d "$base/run.$$.XXXXXX") || fail "no folder could be made in $base"
folder=$run place=$run installed=/usr/local/phoenix_hypervisor
# drop PATH: what was laid there for a run, also by the original.
drop() {
  if [ -L "$1" ]; then
    case $(readlink "$1") in "$base"/run.*) rm -f "$1" ;; esac
  elif [ "$1" = "$alone" ] && [ -d "$1" ] && [ "$(stat -c %u "$1")" = 0 ]; then
    rm -rf "$1"
  fi
}
trap "rm -rf \"\$run\"; case \$alone in /*) drop \"\$alone\"; drop \$installed ;; esac" EXIT
trap "exit 143" HUP INT TERM
case $alone in
  /*)
    folder=$run/bin place=$alone
    drop "$place"
    drop "$installed"
    mkdir "$folder" "$run/etc" && ln -s bin/phoenix_hypervisor_common_utils.sh "$run/" && ln -s ../bin/phoenix_lxc_configs.json "$run/etc/" &&
      ln -sn "$folder" "$place" 2>/dev/null && [ "$(readlink "$place")" = "$folder" ] ||
      fail "$place is there already, and not of Phoenix; remove it there"
    [ -e "$installed" ] || [ -L "$installed" ] || ln -s "$run" "$installed"
    ;;
esac
base64 -d | tar -C "$folder" -xpf - || fail "it could not be put into $folder"
case $alone in /*) cd "$place" || fail "$place is gone" ;; esac
file=$place/$name
. "$folder/phoenix.env" || fail "its variables could not be read"
[ ! -e "$folder/${config#*=}" ] || export "PHOENIX_${config%%=*}=$folder/${config#*=}"
[ ! -e "$folder/phoenix_lxc_configs.json" ] || export LXC_CONFIG_FILE="$place/phoenix_lxc_configs.json"
[ ! -e "$folder/phoenix_hypervisor_config.json" ] || export HYPERVISOR_CONFIG_FILE="$place/phoenix_hypervisor_config.json"
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

# put_files FOLDER: what is carried with the script, with its modes; those of folders last.
put_files() {
  local index=0 path='' mode=''
  local -A of=()
  while given "files.$index.path"; do
    load path="files.$index.path" mode="files.$index.mode"
    if given "files.$index.text"; then
      setting "files.$index.text" >"$1/$path"
    elif given "files.$index.base64"; then
      setting "files.$index.base64" | base64 -d >"$1/$path"
    else
      mkdir -p -- "$1/$path"
    fi
    of[$mode]+=$1/$path$'\n'
    index=$((index + 1))
  done
  for mode in "${!of[@]}"; do
    printf '%s' "${of[$mode]}" | tr '\n' '\0' | xargs -0 chmod "$mode" --
  done
}

# Name of a function, called with the folder of the script before it is packed.
BEFORE_PACKING=''

# bundle NAME VARIABLE=CONFIG [VARIABLES]: the script, what is carried with it, its variables (with those of the JSON
# object VARIABLES) and its configuration as one archive in base64.
bundle() {
  local folder config more=${3:-}
  [ -n "$more" ] || more='{}'
  scratch_folder folder
  (
    trap 'rm -rf "$folder"' EXIT
    umask 077
    put_files "$folder"
    if given script64; then
      setting script64 | base64 -d >"$folder/$1"
    else
      setting script >"$folder/$1"
    fi
    chmod 700 "$folder/$1"
    jq -r --argjson more "$more" '(.environment // {}) + $more | to_entries[]
      | "export \(.key)=\(.value | tostring | @sh)"' <<<"$SETTINGS" >"$folder/phoenix.env"
    config=$(jq '.config' <<<"$SETTINGS")
    [ "$config" = null ] || printf '%s\n' "$config" >"$folder/${2#*=}"
    [ -z "$BEFORE_PACKING" ] || "$BEFORE_PACKING" "$folder"
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
