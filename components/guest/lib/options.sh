#!/usr/bin/env bash
# Options of a guest's configuration that differ: collected first, then set by one command of Proxmox VE.
# shellcheck disable=SC2034 # the scripts that source it set and read these
. host/lib/lists.sh
. guest/lib/values.sh

# The guest in messages, such as `CT 910`.
GUEST=''
OPTIONS=()
# Keys of these, each between spaces.
WANTED=' '

# Function that is given each difference: KEY NOW WANTED. A look has another.
DIFFERS=tell_change

tell_change() {
  case $1 in
    description | sshkeys) changed "$GUEST: $1" ;;
    *) changed "$GUEST: $1 ${2:-unset} -> ${3:-unset}" ;;
  esac
}

# want KEY VALUE NOW: notes one option when it differs.
want() {
  [ "$2" != "$3" ] || return 0
  OPTIONS+=("--$1" "$2")
  WANTED+="$1 "
  "$DIFFERS" "$1" "$3" "$2"
}

# is_wanted KEY: whether such an option was noted.
is_wanted() { [[ $WANTED == *" $1 "* ]]; }

# pairs_of LIST: into the caller's array PAIRS what key=value,… has by key; a key without a value has none.
pairs_of() {
  local IFS=, part
  set -f
  for part in $1; do
    case $part in *=*) PAIRS[${part%%=*}]=${part#*=} ;; ?*) PAIRS["$part"]='' ;; esac
  done
  set +f
}

# card_address NET: of a network card, as in virtio=BC:24:11:00:00:01,bridge=vmbr0.
card_address() {
  [[ ! $1 =~ (^|=)(([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}) ]] || printf '%s' "${BASH_REMATCH[2]^^}"
}

# read_description FILE: into VALUE. It stands as # lines on top, where Proxmox VE writes ':', '%' and all but ASCII as %XX.
read_description() {
  local line
  local -a lines
  VALUE=''
  mapfile -t lines <"$1"
  for line in "${lines[@]}"; do
    case $line in '#'*) VALUE+=${line#'#'}$'\n' ;; *) break ;; esac
  done
  VALUE=${VALUE//\\/\\\\}
  if [[ $VALUE =~ %([^0-9A-Fa-f]|[0-9A-Fa-f][^0-9A-Fa-f]) ]]; then
    # shellcheck disable=SC2001 # bash has no groups in replacements
    VALUE=$(sed 's/%\([0-9A-Fa-f][0-9A-Fa-f]\)/\\x\1/g' <<<"$VALUE")
  else
    VALUE=${VALUE//%/\\x}
  fi
  printf -v VALUE '%b' "$VALUE"
  trim_end
}

# trim_end: takes the ends of lines from the end of VALUE.
trim_end() { while [[ $VALUE == *$'\n' ]]; do VALUE=${VALUE%$'\n'}; done; }

# want_description FILE: an end of a line more or less is no difference.
want_description() {
  local wanted=''
  load VALUE=values.description
  trim_end
  wanted=$VALUE
  read_description "$1"
  want description "$wanted" "$VALUE"
}

# gigabytes SIZE: Proxmox VE's 2252M, 8G or 1T as whole gigabytes, rounded down.
gigabytes() {
  case $1 in
    *[!0-9KMGTkmgt]* | [!0-9]*)
      awk -v v="$1" 'BEGIN { p = index("KMGT", toupper(substr(v, length(v)))); printf "%d", (v + 0) * 1024 ^ (p - 3) }'
      ;;
    '') printf 0 ;;
    *[Tt]) printf '%s' $((10#${1%?} * 1024)) ;;
    *[Gg]) printf '%s' $((10#${1%?})) ;;
    *[Mm]) printf '%s' $((10#${1%?} / 1024)) ;;
    *[Kk]) printf '%s' $((10#${1%?} / 1048576)) ;;
    *) printf '%s' $((10#$1 / 1073741824)) ;;
  esac
}
