#!/usr/bin/env bash
# For a pool that does not exist: imports it from the wanted disks, or creates it once these are found blank.
. hypervisor/zfs/pool/disks.sh

NOTES="$PHOENIX_STATE/zfs"

# candidates DIRECTORY…: pools that could be imported: 'guid name state', a line each.
candidates() {
  local -a where=()
  for one; do where+=(-d "$one"); done
  zpool import "${where[@]}" 2>/dev/null | awk '
    $1 == "pool:" { name = $2 } $1 == "id:" { id = $2 } $1 == "state:" { print id, name, $2 }'
}

# import_if_there NAME DISK…: true when the pool was found on the disks and imported.
import_if_there() {
  local name=$1 path guid pool state own='' found='' all
  shift
  for path; do [ ! -b "$path" ] || own+="$(labels "$(readlink -f "$path")" | cut -d ' ' -f 1)"$'\n'; done
  all=$(candidates)
  while read -r guid pool state; do
    [ "$pool" = "$name" ] || continue
    if grep -Fxq -- "$guid" <<<"$own"; then
      [ -z "$found" ] || err "two pools named $name lie on these disks ($found and $guid); nothing was changed:" \
        "import the one that is not wanted under another name (zpool import <id> <name>), then run again"
      found=$guid
      case $state in ONLINE | DEGRADED) ;; *)
        err "pool $name is on its disks but cannot be imported now (state $state); nothing was changed: 'zpool import' shows what is missing"
        ;;
      esac
    else
      err "another pool named $name ($guid) waits on other disks to be imported; nothing was changed:" \
        "give it another name (zpool import $guid <name>), or name its disks in zfs.pools"
    fi
  done <<<"$all"
  [ -n "$found" ] || return 1
  mend "pool $name" 'not imported' imported import_pool "$name" "$found" "$@"
}

import_pool() {
  local name=$1 guid=$2 folder output='' from host id
  local -a where=()
  shift 2
  # By the folder that the settings name disks in, so that the pool shows them by these names.
  while read -r folder; do where+=(-d "$folder"); done < <(dirname -- "$@" | sort -u)
  load from=takeOverFrom
  output=$(zpool import "${where[@]}" "$guid" 2>&1) || {
    if host=$(sed -n 's/^Last accessed by \(.*\) (hostid=[0-9a-f]*) at .*/\1/p' <<<"$output") && [ -n "$host" ]; then
      id=$(sed -n 's/^Last accessed by .* (hostid=\([0-9a-f]*\)) at .*/\1/p' <<<"$output")
      [ -n "$from" ] || from='?'
      [ "$from" = "$host" ] || [ "$from" = "$id" ] ||
        err "pool $name was last used by $host (hostid $id) and not exported there; nothing was changed:" \
          "when that system is gone for good, add \"take_over_from\": \"$host\" to the pool in zfs.pools"
      zpool import -f "${where[@]}" "$guid" || zpool list -H -o name "$name" >/dev/null || err "pool $name could not be imported"
      say "took pool $name over from $host (hostid $id)"
    else
      say "$output"
      # All but the mounts may have worked; the datasets' own steps mount them.
      zpool list -H -o name "$name" >/dev/null 2>&1 || err "pool $name could not be imported; nothing was changed"
    fi
  }
  changed "imported pool $name"
}

# prove_blank NAME DISK…: refuses every disk that is missing, in use, or not blank and not named to be wiped.
prove_blank() {
  local name=$1 path device state text sizes least most
  local -a wrong=() seen=()
  shift
  for path; do
    if [ ! -b "$path" ]; then
      wrong+=("disk $path is not there; 'ls -l /dev/disk/by-id' lists this node's disks")
      continue
    fi
    device=$(readlink -f "$path")
    if [[ " ${seen[*]} " == *" $device "* ]]; then
      wrong+=("disk $path is $device, which the pool has already under another name")
      continue
    fi
    seen+=("$device")
    if [ "$(disk_of "$device")" != "$device" ]; then
      wrong+=("disk $path is a partition of $(disk_of "$device"); name a whole disk")
      continue
    fi
    state=$(tree "$device") || state=''
    if [ -z "$state" ]; then
      wrong+=("what lies on disk $path ($device) cannot be determined: lsblk fails, its message is above")
      continue
    fi
    text=$(starts_node "$state" | joined)
    if [ -n "$text" ]; then
      wrong+=("disk $path ($device) is what this node starts from: $text; it is never used, whatever wipe_disks says")
      continue
    fi
    text=$(uses "$device" "$state" | joined)
    if [ -n "$text" ]; then
      wrong+=("disk $path ($device) is in use: $text; free it by hand, then run again")
      continue
    fi
    text=$(contents "$device" "$state" | joined)
    if [ -z "$text" ] || may_wipe "$name" "$path" "$device" "$state"; then continue; fi
    if labels "$device" | grep " $name\$" >/dev/null; then
      wrong+=("disk $path ($device) has the label of a pool $name that cannot be imported, and is not wiped even when it is named for it: 'zpool import -D' may bring the pool back; when its data may be lost, 'wipefs -a' the disk and its partitions by hand")
      continue
    fi
    wrong+=("disk $path ($device) is not blank: $text; if all of that may be lost, add \"wipe_disks\": [\"$path\"] to the pool in zfs.pools")
  done
  if [ "${#wrong[@]}" -eq 0 ] && [ "$(setting unequalDisks)" != true ]; then
    sizes=$(lsblk -brdno SIZE "${seen[@]}" | sort -n)
    least=$(head -n 1 <<<"$sizes") most=$(tail -n 1 <<<"$sizes")
    # ZFS itself lets 16 MiB pass.
    [ $((most - least)) -le 16777216 ] || jq -e 'all(.vdevs[]; .raidLevel == "single")' >/dev/null <<<"$SETTINGS" ||
      wrong+=("the disks have different sizes ($least to $most bytes): the space beyond the smallest would be lost; if that is meant, set \"unequal_disks\": true for the pool")
  fi
  [ "${#wrong[@]}" -eq 0 ] || err "pool $name cannot be created: $(printf '%s\n' "${wrong[@]}" | sed '2,$s/^/  /'); nothing was changed"
}

# may_wipe NAME PATH DEVICE TREE: whether the settings name it, or its contents are ours: of an interrupted creation, or of a
# pool that we destroyed.
may_wipe() {
  local name=$1 path=$2 device=$3 state=$4 own
  own=$(labels "$device" | awk -v name="$name" '$2 == name { print $1 }')
  if [ -n "$own" ] && grep -Fxqs -- "$own" "$NOTES/$name.destroyed"; then return 0; fi
  if grep -Fxqs -- "$path" "$NOTES/$name.creating" && left_over "$state" "$name"; then return 0; fi
  # It has the pool's label, though the pool cannot be imported: its data may still be saved.
  [ -z "$own" ] || return 1
  jq -e --arg path "$path" '.wipeDisks // [] | index($path)' >/dev/null <<<"$SETTINGS"
}

create_pool() {
  local name=$1 path device
  local -a words options=()
  shift
  install -d -m 750 "$NOTES"
  printf '%s\n' "$@" >"$NOTES/$name.creating"
  for path; do
    device=$(readlink -f "$path")
    if bare "$device"; then continue; fi
    wipe "$device"
    changed "wiped disk $path for pool $name"
  done
  mapfile -t words < <(jq -r '.vdevs[] | (if .raidLevel == "single" then empty else .raidLevel end), .disks[]' <<<"$SETTINGS")
  mapfile -t options < <(jq -r '"-o", "autotrim=\(.autotrim)", (.properties // {} | to_entries[] | "-O", "\(.key)=\(.value)")' <<<"$SETTINGS")
  [ "$(setting unequalDisks)" != true ] || options+=(-f)
  zpool create "${options[@]}" "$name" "${words[@]}" || err "pool $name could not be created; the message of zpool is above"
  forget_creation "$name"
  changed "created pool $name ($(layout_in_words))"
}

# layout_in_words: the wanted vdevs, in a few words.
layout_in_words() { jq -r '[.vdevs[] | "\(.raidLevel), \(.disks | length) disk\(if .disks | length == 1 then "" else "s" end)"] | join("; ")' <<<"$SETTINGS"; }

# forget_creation NAME: the pool exists, so no disk may be wiped for it any more. An earlier run may have been interrupted
# before this.
forget_creation() { rm -f -- "$NOTES/$1.creating" "$NOTES/$1.destroyed"; }
