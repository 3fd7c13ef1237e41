#!/usr/bin/env bash
# Debian packages: missing ones are installed, installed ones stay as they are.
set -euo pipefail

# Seconds to wait for another process that installs packages, such as the daily timer.
PACKAGES_WAIT=${PHOENIX_PACKAGES_WAIT:-600}
PACKAGES_SAID=''
# Domains of vital repositories: without these the step ends.
PACKAGES_VITAL=(debian.org proxmox.com)
PACKAGES_LISTS=/var/lib/apt/lists
PACKAGES_SOURCES=/etc/apt/sources.list.d

# apt asks nothing, restarts no services, and keeps changed configuration files.
export DEBIAN_FRONTEND=noninteractive APT_LISTCHANGES_FRONTEND=none NEEDRESTART_MODE=l DPKG_FORCE=confdef,confold

# packages_missing NAME…: those that are not installed, one a line.
packages_missing() {
  local name installed
  [ "$#" -gt 0 ] || return 0
  installed=$(dpkg-query -W --showformat='${Package} ${db:Status-Status}\n' "$@" 2>/dev/null) || true
  for name; do [[ $'\n'$installed$'\n' == *$'\n'"$name installed"$'\n'* ]] || printf '%s\n' "$name"; done
}

# packages_holder: the process that has dpkg's lock, as in "process 123 (apt-get)"; '' for none.
packages_holder() {
  local device inode file pid
  read -r device inode < <(stat -c '%d %i' /var/lib/dpkg/lock-frontend 2>/dev/null) || return 0
  printf -v file '%02x:%02x:%s' $((device >> 8 & 0xfff)) $((device & 0xff | device >> 12 & 0xfff00)) "$inode"
  pid=$(awk -v file="$file" '$2 == "POSIX" && $6 == file { print $5; exit }' /proc/locks 2>/dev/null) || return 0
  [ -z "$pid" ] || printf 'process %s (%s)\n' "$pid" "$(cat "/proc/$pid/comm" 2>/dev/null)"
}

# packages_await: waits for that lock with a message; apt itself would wait silently.
packages_await() {
  local begin=$SECONDS next=3 who
  while who=$(packages_holder) && [ -n "$who" ] && [ $((SECONDS - begin)) -lt "$PACKAGES_WAIT" ]; do
    if [ $((SECONDS - begin)) -ge "$next" ]; then
      say "waiting for $who, which installs packages, for $((SECONDS - begin)) s now and $PACKAGES_WAIT s at most"
      next=$((next + 15))
    fi
    sleep 0.5
  done
}

# packages_apt ARGUMENT…: apt-get that never asks, keeps changed configuration files and waits for its turn.
# What it said is in PACKAGES_SAID and in the log.
packages_apt() {
  local deadline=$((SECONDS + PACKAGES_WAIT)) code left
  mkdir -p "$PHOENIX_LOGS"
  acquire_lock 6 apt "$PACKAGES_WAIT" ||
    err "another run still installs packages after $PACKAGES_WAIT s$(holder apt); run again when it has ended"
  while :; do
    code=0
    packages_await
    left=$((deadline - SECONDS))
    # Daemons that a package starts must not keep our locks or the connection open.
    PACKAGES_SAID=$(
      apt-get -y -q -o "DPkg::Lock::Timeout=$((left > 0 ? left : 1))" "$@" 2>&1 </dev/null 3>&- 4>&- 6>&- 8>&- 9>&-
    ) || code=$?
    { printf '# apt-get %s\n%s\n' "$*" "$PACKAGES_SAID" >>"$PHOENIX_LOGS/packages.log"; } 2>/dev/null || true
    [ "$code" -ne 0 ] || break
    # DPkg::Lock::Timeout does not cover the lock of the package lists.
    grep -Eq '^E: (Could not get lock|Unable to (lock|acquire))' <<<"$PACKAGES_SAID" || break
    [ "$SECONDS" -lt "$deadline" ] || break
    sleep 1
  done
  exec 6>&-
  return "$code"
}

# packages_reason: apt's last error, on one line.
packages_reason() {
  local reason
  reason=$(grep -E '^(E:|dpkg: error|W: Failed)' <<<"$PACKAGES_SAID" | grep -v '^E: Some index files failed' | tail -n 3 | paste -sd ' ' -) || true
  [ -n "$reason" ] || reason=$(tail -n 3 <<<"$PACKAGES_SAID" | paste -sd ' ' -)
  printf '%s' "$reason"
}

# packages_mend: completes an interrupted installation; true when there was one.
packages_mend() {
  grep -Eq 'dpkg was interrupted|dpkg --configure -a|--fix-broken' <<<"$PACKAGES_SAID" || return 1
  say "an earlier installation was interrupted; finishing it"
  dpkg --configure -a </dev/null 3>&- 9>&- ||
    err "an earlier installation of packages was interrupted and cannot be finished;" \
      "mend it on the node with 'dpkg --configure -a' and 'apt-get --fix-broken install', then run again"
  if grep -q -- '--fix-broken' <<<"$PACKAGES_SAID"; then
    packages_apt install --fix-broken --no-remove ||
      err "an earlier installation of packages was interrupted and cannot be finished: $(packages_reason)"
  fi
  changed "finished an interrupted installation of packages"
}

# packages_refused: the repositories that the last update could not read: host, address, suite and reason, with tabs
# between. False when apt complained of something else, such as sources that it cannot read.
packages_refused() {
  grep -E '^(E|W): ' <<<"$PACKAGES_SAID" | awk -v OFS='\t' '
    /configured multiple times|Some index files failed|method driver|Skipping acquire/ { next }
    !match($0, /[a-z][a-z0-9+.-]*:[^ ]*\/[^ \047]*/) { if (/^E/) other = 1; next }
    {
      uri = substr($0, RSTART, RLENGTH); reason = substr($0, RSTART + RLENGTH); suite = "/"
      if (/Failed to fetch/) {
        if (match(uri, /\/dists\/.*/)) {
          suite = substr(uri, RSTART + 7); uri = substr(uri, 1, RSTART - 1); sub(/\/(InRelease|Release).*|\/[^\/]+\/(binary|source|dep11|i18n|cnf).*/, "", suite)
        } else sub(/\/(\.\/)?[^\/]*$/, "", uri)
      } else if (match(reason, /^ [^ ]+/)) {
        suite = substr(reason, 2, RLENGTH - 1); sub(/^ [^ ]+ +(InRelease|Release)[\047:]*/, "", reason)
      }
      sub(/\/+$/, "", uri); gsub(/^ +|[. ]+$/, "", reason); host = uri; sub(/^[^:]*:\/*/, "", host); sub(/[\/:].*/, "", host)
      if (!seen[uri]++) { print host, uri, suite, reason; n++ }
    }
    END { exit other || !n }'
}

# packages_maker HOST URI SUITE: the host, or, for a mirror whose lists are known, the host of the repository's origin.
packages_maker() {
  local name=${2#*://}
  case $(sed -n 's/^Origin: //p' "$PACKAGES_LISTS/${name//\//_}_dists_${3//\//_}_"{InRelease,Release} 2>/dev/null | head -n 1) in
    Debian) printf 'debian.org' ;;
    Proxmox) printf 'proxmox.com' ;;
    *) printf '%s' "$1" ;;
  esac
}

# packages_refresh: updates the package lists. False when a vital repository could not be read, or apt cannot read its
# sources. Another repository that does not answer is a warning with its name.
packages_refresh() {
  local refused host uri suite reason vital path
  local -a warnings=()
  packages_apt update --error-on=any && return 0
  refused=$(packages_refused) || return 1
  while IFS=$'\t' read -r host uri suite reason; do
    host=$(packages_maker "$host" "$uri" "$suite")
    for vital in "${PACKAGES_VITAL[@]}"; do
      case .$host in *".$vital") return 1 ;; esac
    done
    path=$(grep -lF -- "$uri" /etc/apt/sources.list "$PACKAGES_SOURCES"/* 2>/dev/null | head -n 1) || true
    warnings+=("the repository $uri ($suite) could not be read${reason:+: $reason}; its packages stay as they are; mend it, or take it out of ${path:-the sources of apt}")
  done <<<"$refused"
  for reason in "${warnings[@]}"; do say "warning: $reason"; done
}

# packages_ensure NAME…: installs them, or ends with apt's own reason. Never removes a package: that could be Proxmox VE
# itself.
packages_ensure() {
  local refused=''
  local -a missing=()
  mapfile -t missing < <(packages_missing "$@")
  [ "${#missing[@]}" -gt 0 ] || return 0
  if looking; then
    for refused in "${missing[@]}"; do differs "package $refused" missing installed; done
    return 0
  fi
  say "installing ${missing[*]}"
  if ! packages_apt install --no-remove "${missing[@]}"; then
    if ! packages_mend; then
      # Unknown, or known only in a version that the repository no longer has.
      if grep -Eq 'Unable to locate|no installation candidate|Unable to fetch|Failed to fetch' <<<"$PACKAGES_SAID"; then
        packages_refresh || refused=" (the package lists could not be refreshed: $(packages_reason))"
      else
        packages_failed "${missing[*]}"
      fi
    fi
    packages_apt install --no-remove "${missing[@]}" || packages_failed "${missing[*]}" "$refused"
  fi
  [ -z "$(packages_missing "${missing[@]}")" ] || packages_failed "${missing[*]}"
  changed "installed ${missing[*]}"
}

# packages_failed NAMES [MORE]: ends with what apt said.
packages_failed() {
  err "packages could not be installed: $1: $(packages_reason)${2:-};" \
    "check the node's network, its repositories ('apt-get update') and its free space ('df -h'), then run again"
}
