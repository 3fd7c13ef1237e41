#!/usr/bin/env bash
# Checks the id maps of a running unprivileged container, and that it sees the owners of shared folders through them. It
# changes nothing.
# Settings: step.ts
. container/lib/rollback.sh
set -euo pipefail

# map_of FILE: /proc/1/uid_map or gid_map inside, one space between the numbers.
map_of() { in_ct 60 cat "/proc/1/$1" </dev/null | awk '{ print $1, $2, $3 }' | sort -n; }

require_map() {
  local wanted now
  wanted=$(list "$2" | sort -n)
  now=$(map_of "$1") || err "CT $CTID: /proc/1/$1 inside it cannot be read; is it running?"
  [ "$now" = "$wanted" ] ||
    err "CT $CTID runs with another $1 ($(paste -sd';' <<<"$now")) than wanted ($(paste -sd';' <<<"$wanted")):" \
      "stop and start it; if it stays, look for lxc.idmap lines in $(guest_conf "$CTID")"
}

# seen_as ID MAP…: the id a container sees for one of the host; 65534 (nobody) when it is not mapped.
seen_as() {
  local id=$1 guest host count
  while read -r guest host count; do
    if [ "$id" -ge "$host" ] && [ "$id" -lt $((host + count)) ]; then
      printf '%s\n' "$((guest + id - host))"
      return 0
    fi
  done < <(list "$2")
  printf '65534\n'
}

require_owner() {
  local source=$1 target=$2 uid gid wanted now
  read -r uid gid < <(stat -c '%u %g' -- "$source")
  wanted="$(seen_as "$uid" users) $(seen_as "$gid" groups)"
  now=$(in_ct 60 stat -c '%u %g' "$target" </dev/null) || err "CT $CTID does not see $source at $target"
  [ "$now" = "$wanted" ] || err "CT $CTID sees $target as owned by $now, not by $wanted: it is not $source of $(hostname)"
}

main() {
  local source target
  enter_guest idmap
  wake
  require_map uid_map users
  require_map gid_map groups
  while IFS=$'\t' read -r source target; do
    require_owner "$source" "$target"
  done < <(jq -r '.folders[] | [.source, .target] | @tsv' <<<"$SETTINGS")
  report
}

main
