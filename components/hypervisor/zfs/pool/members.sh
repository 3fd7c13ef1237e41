#!/usr/bin/env bash
# Which disks a pool is made of, and whether they are the wanted ones.
. hypervisor/zfs/pool/disks.sh

# members POOL: a line for each disk of its data: 'level-number name state [was path]'. 'mirror-0', 'single-2'.
members() {
  zpool status -L -P "$1" | awk -v pool="$1" '
    $1 == "NAME" && $2 == "STATE" { table = 1; next }
    !table { next }
    NF == 0 || $1 == "errors:" { exit }
    {
      line = $0; sub(/^\t/, "", line); match(line, /^ */); depth = RLENGTH
      if (depth == 0) { data = ($1 == pool); next }
      if (!data) next
      if ($1 ~ /^(mirror|raidz[0-9]?|draid[^ ]*)-[0-9]+$/) { group = $1; next }
      if ($1 ~ /^(replacing|spare)-[0-9]+$/) { print "changing " $1 " " $2; next }
      if (depth == 2) group = "single-" NR
      was = ""
      for (i = 1; i < NF; i++) if ($i == "was") was = $(i + 1)
      print group, $1, $2, was
    }'
}

# shape: what 'level-number disk' lines describe, whatever their order: 'mirror /dev/a /dev/b', a line each.
shape() {
  sort | awk '
    $1 != last { if (last) print line; last = line = $1; sub(/-[0-9-]+$/, "", line) }
    { line = line " " $2 }
    END { if (last) print line }' | sort
}

# wanted_shape: the same of the settings; a disk that is not there keeps its path.
wanted_shape() {
  jq -r '.vdevs | to_entries[] | .key as $vdev | .value.raidLevel as $level | .value.disks | to_entries[]
    | "\($level)-\($vdev)\(if $level == "single" then "-\(.key)" else "" end) \(.value)"' <<<"$SETTINGS" |
    while read -r group path; do printf '%s %s\n' "$group" "$(readlink -e "$path" || printf '%s' "$path")"; done | shape
}

# check_members POOL: refuses a pool of this name that lies on other disks or is laid out otherwise.
check_members() {
  local name=$1 group device state was path found='' missing=0 wanted now other
  while read -r group device state was; do
    if [ "$group" = changing ]; then
      warn "pool $name: a disk is being replaced ($device $state); its disks are not compared with zfs.pools until that is done"
      return 0
    fi
    if [ -b "$device" ]; then
      path=$(disk_of "$device")
    else
      missing=$((missing + 1))
      path=${was:-$device}
      path=${path%-part[0-9]*}
      warn "pool $name: a disk is $state (was $path); attach it, or 'zpool replace $name $device <new disk>'"
      path=$(readlink -e "$path" || printf '%s' "$path")
    fi
    found+="$group $path"$'\n'
  done < <(members "$name")
  wanted=$(wanted_shape)
  now=$(shape <<<"${found%$'\n'}")
  [ "$now" != "$wanted" ] || return 0
  # A disk that is missing may be known by another of its names.
  other=$(comm -3 <(tr ' ' '\n' <<<"$now" | sort) <(tr ' ' '\n' <<<"$wanted" | sort) | grep -c /) || true
  [ "$missing" -eq 0 ] || [ "$other" -gt $((missing * 2)) ] || return 0
  [ "$other" -eq 0 ] ||
    err "a pool named $name is there already, on $(layout_text "$now"), and not on what zfs.pools says ($(layout_text "$wanted"));" \
      "nothing was changed: name the pool's own disks there, or give the new pool another name"
  err "pool $name is laid out as $(layout_text "$now"), not as $(layout_text "$wanted"), and ZFS cannot change that;" \
    "nothing was changed: write raid_level and vdevs in zfs.pools as the pool is, or move its data to a new pool"
}

layout_text() { sed 's/ / (/; s/$/)/' <<<"$1" | paste -sd '+' - | sed 's/+/ + /g'; }
