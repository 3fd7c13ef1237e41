#!/usr/bin/env bash
# Joined in front of every built-in feature. It runs inside the container as root; its settings are PHOENIX_…
# variables. Output goes to the step's log on the node; `did` reports what was done, `warn` what the user must see.
set -euo pipefail

export LC_ALL=C DEBIAN_FRONTEND=noninteractive
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

did() { printf 'phoenix-did: %s\n' "$*"; }

warn() { printf 'phoenix-warning: %s\n' "$*"; }

# proof KIND NAME…: what shows from now on that the feature is there: package, service, mount or container.
proof() {
  local name
  [ -n "${PHOENIX_PROOFS:-}" ] || return 0
  for name in "${@:2}"; do printf '%s %s\n' "$1" "$name"; done >>"$PHOENIX_PROOFS"
}

# fail CODE WHY…: 2 invalid input, 4 configuration of the host, 5 installation, 6 restart. 3, container not found, is
# reported before a feature begins.
fail() {
  local code=$1
  shift
  printf '%s\n' "$*" >&2
  exit "$code"
}

# release KEY: a value of /etc/os-release, such as ID or VERSION_CODENAME.
release() { (
  # shellcheck disable=SC1091 # the container's own
  . /etc/os-release
  printf '%s\n' "${!1:-}"
); }

require_debian_kin() {
  command -v apt-get >/dev/null ||
    fail 2 "feature $1 needs Debian or Ubuntu in the container; this one has $(release PRETTY_NAME)"
}

# missing NAME…: packages that are not installed, one a line.
missing() {
  local name
  for name; do
    dpkg-query -W -f '${db:Status-Status}\n' "$name" 2>/dev/null | grep -x installed >/dev/null || printf '%s\n' "$name"
  done
}

apt() { apt-get -y -q -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confold "$@" </dev/null; }

# Repositories that the last update of the package lists could not read, on one line.
UNREAD=''

# lists: updates the package lists. A repository that cannot be read is a warning, and an error only when a package is
# missing because of it.
lists() {
  local said
  said=$(apt update 2>&1) || true
  printf '%s\n' "$said"
  UNREAD=$(grep -E '^(E: |W: Failed)' <<<"$said" | grep -v 'Some index files failed' | sed 's/^[EW]: //' | paste -sd ' ' -) || true
  [ -z "$UNREAD" ] || warn "package lists could not be read: $UNREAD"
}

# packages [--no-install-recommends] NAME…: installs what is missing, after an update of the lists.
packages() {
  local -a wanted=() options=()
  if [ "$1" = --no-install-recommends ]; then
    options=("$1")
    shift
  fi
  proof package "$@"
  mapfile -t wanted < <(missing "$@")
  [ "${#wanted[@]}" -gt 0 ] || return 0
  dpkg --configure -a </dev/null
  lists
  if ! apt install "${options[@]}" "${wanted[@]}"; then
    [ -z "$UNREAD" ] ||
      fail 5 "the package lists could not be fetched: $UNREAD; does the container reach its repositories?"
    fail 5 "packages could not be installed: ${wanted[*]}"
  fi
  did "installed ${wanted[*]}"
}

# repository NAME KEYRING KEY_URL URI SUITE…: an apt repository that only its own key signs.
repository() {
  local name=$1 keyring=/etc/apt/keyrings/$2 key_url=$3 uri=$4
  shift 4
  if [ ! -s "$keyring" ]; then
    mkdir -p "${keyring%/*}"
    curl -fsSL --proto '=https,file' --retry 3 -o "$keyring.part" "$key_url" || fail 5 "the key of repository $name could not be fetched from $key_url"
    chmod 644 "$keyring.part"
    take_place "$keyring.part" "$keyring"
  fi
  if keep_file "/etc/apt/sources.list.d/$name.list" < <(printf 'deb [signed-by=%s] %s %s\n' "$keyring" "$uri" "$*"); then
    lists
    case $UNREAD in *"$uri"*) fail 5 "the repository $name could not be read: $UNREAD" ;; esac
    did "added the repository $name"
  fi
}

# take_place NEW PATH: renames a finished file to its name, and survives a power failure.
take_place() {
  sync "$1" && mv -fT "$1" "$2" || return 1
  sync "${2%/*}" || true
}

# keep_file PATH: standard input to a file, at once; true when the text differed. One that is there keeps its mode, owner
# and attributes, and a link stays one.
keep_file() {
  local path=$1 new begin
  mkdir -p "${path%/*}"
  if [ -L "$path" ]; then
    path=$(readlink -f "$path") || path=''
    [ -f "$path" ] || fail 5 "$1 is a link to $(readlink "$1"), where no file is; it was left as it is"
  fi
  begin=${path%/*}/.phoenix.${path##*/}
  rm -f "$begin".??????
  new=$(mktemp "$begin.XXXXXX")
  cat >"$new"
  if [ -e "$path" ] && cmp -s "$new" "$path"; then
    rm -f "$new"
    return 1
  fi
  if [ -e "$path" ]; then cp --attributes-only --preserve=all --no-preserve=timestamps "$path" "$new"; else chmod 644 "$new"; fi
  take_place "$new" "$path" || fail 5 "$1 could not be written; it is unchanged"
}

# wait_for SECONDS COMMAND…: polls a condition, never longer than that.
wait_for() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$deadline" ] || return 1
    sleep 0.5
  done
}
