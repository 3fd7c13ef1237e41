#!/usr/bin/env bash
# Runs the looks of many steps side by side in shells that have read their scripts already; it changes nothing. It is the
# command, without the prelude; what it is given comes on standard input, in parts that a byte ends which UTF-8 has not:
#   seconds that one look may take, seconds for all, the prelude, count of files, the files,
#   then for each look: numbers of its files, its settings
# On standard output, for each look: its exit code, `late` or `left` out; what it printed; the end of its messages; each ended by
# the same byte.
export LC_ALL=C
[ -n "${BASH_VERSION:-}" ] || { echo "the login shell of the user on the host must be bash" >&2; exit 1; }
IFS='' read -r -N 1000000000 all || true
set -f
IFS=$'\377'
# shellcheck disable=SC2206 # it is to be split
parts=($all)
IFS=$' \t\n'
set +f
all=''
limit=${parts[0]} limit_of_all=${parts[1]} files=${parts[3]}
first=$((4 + files))
count=$(((${#parts[@]} - first) / 2))

# The functions of every script, once for all looks.
exec 5>&2
eval "${parts[2]}"
exec 2>&5 1>&2 5>&-

# Values of all settings, behind one another: how many texts, then names and values.
values=()
places=()
flatten() {
  local index=$first from=0 IFS=$'\377' text
  text=$(
    while [ "$index" -lt "${#parts[@]}" ]; do
      printf '%s\n' "${parts[index + 1]}"
      index=$((index + 2))
    done | jq -j "$FLAT"'[flat(""; 3)] | "\(length / 2)\u0000", .[]' | tr '\000' '\377'
  )
  set -f
  # shellcheck disable=SC2206 # it is to be split
  values=($text)
  set +f
  for ((index = 0; index < count; index++)); do
    places+=("$from")
    from=$((from + 1 + values[from]))
  done
}

# look INDEX: the scripts of one look, with its settings as if they had been read.
# shellcheck disable=SC2004,SC2034 # the scripts read them, by name
look() {
  local at=${places[$1]:-0} end number text=''
  SETTINGS=${parts[first + 2 * $1 + 1]}
  end=$((at + ${values[at]:-0}))
  for ((at += 1; at < end; at += 2)); do SETTING[${values[at]}]=${values[at + 1]}; done
  for number in ${parts[first + 2 * $1]}; do text+=${parts[4 + number]}; done
  # The folder is not this look's to remove.
  values=() parts=() places=() SCRATCH_FOLDERS=()
  eval "$text"
}

folder=''
done_at=''
processes=()
began=()
codes=()

# start INDEX: in a process group of its own, which can be ended with all that it started.
start() {
  {
    (set -e; look "$1") </dev/null >"$folder/$1.said" 2>&1 3>"$folder/$1.found"
    printf '%s %s\n' "$1" "$?" >&"$done_at"
  } &
  processes[$1]=$!
  began[$1]=$SECONDS
}

# give_up SECONDS: on those that run for longer.
give_up() {
  local index
  for index in "${!processes[@]}"; do
    [ $((SECONDS - began[index])) -ge "$1" ] || continue
    kill -KILL -- "-${processes[index]}" 2>/dev/null || true
    unset "processes[index]"
    codes[index]=late
  done
}

run_all() {
  local workers next=0 index code
  workers=$(nproc) || workers=1
  [ "$workers" -le 8 ] || workers=8
  while :; do
    while [ "$next" -lt "$count" ] && [ "${#processes[@]}" -lt "$workers" ] && [ "$SECONDS" -lt "$limit_of_all" ]; do
      start "$next"
      next=$((next + 1))
    done
    [ "${#processes[@]}" -gt 0 ] || break
    if read -r -t 1 -u "$done_at" index code && [ -n "${processes[index]-}" ]; then
      unset "processes[index]"
      codes[index]=$code
    fi
    give_up "$limit"
    [ "$SECONDS" -lt "$limit_of_all" ] || give_up 0
  done
}

tell_all() {
  local index found said
  for ((index = 0; index < count; index++)); do
    found='' said=''
    [ ! -e "$folder/$index.found" ] || IFS='' read -r -N 200000 found <"$folder/$index.found" || true
    [ "${codes[index]-left}" = 0 ] || [ ! -s "$folder/$index.said" ] || said=$(tail -c 2000 -- "$folder/$index.said" | tr -d '\000')
    printf '%s\377%s\377%s\377' "${codes[index]-left}" "${found//$'\377'/}" "${said//$'\377'/}" >&3
  done
}

[ "$count" -gt 0 ] || exit 0
# The one look that is sent to a node without jq reads its settings itself.
! command -v jq >/dev/null || flatten
scratch_folder folder
# The answers of once.sh too.
trap 'rm -rf -- "$folder" "$PHOENIX_RUN/step.$PROCESS_KEY".*' EXIT
mkfifo -- "$folder/done"
exec {done_at}<>"$folder/done"
# With job control each look is a process group.
set -m
set +e
run_all
tell_all
