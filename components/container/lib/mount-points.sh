#!/usr/bin/env bash
# What is mounted in a container now and after its next stop, and which of it this stack made.
. guest/lib/disk.sh
. guest/lib/options.sh
. container/lib/running.sh

# parse_mounts: the mpN of a configuration on standard input, one a line: N<TAB>SOURCE<TAB>TARGET<TAB>RO<TAB>OPTIONS<TAB>SIZE;
# OPTIONS are all others, - for none.
parse_mounts() {
  local line key target options
  local -A PAIRS
  while IFS= read -r line; do
    [[ $line =~ ^mp([0-9]+):[[:blank:]]*([^,]*)(.*)$ ]] || continue
    key=${BASH_REMATCH[1]} line=${BASH_REMATCH[2]#volume=}
    PAIRS=()
    pairs_of "${BASH_REMATCH[3]}"
    # As the files have it after their checks: Proxmox VE keeps what somebody typed.
    target=${PAIRS[mp]-}
    while [[ $target == *//* ]]; do target=${target//\/\//\/}; done
    [ "$target" = / ] || target=${target%/}
    options=,${BASH_REMATCH[3]#,},
    while [[ $options =~ ,(mp|ro|size)=[^,]*, ]]; do options=${options/"${BASH_REMATCH[0]}"/,}; done
    options=${options#,}
    options=${options%,}
    printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$key" "$line" "$target" "${PAIRS[ro]:-0}" "${options:--}" "${PAIRS[size]-}"
  done
}

# mount_points: the mounts after the container's next stop: pending changes count as done.
mount_points() { next_conf "$CTID" | parse_mounts; }

# mounts_now: the present ones.
mounts_now() { now_conf "$CTID" | parse_mounts; }

# Set by mounted: N of the mount, what is mounted, whether nobody inside may write to it, and its other options.
INDEX='' SOURCE='' ONLY='' OPTIONS_THERE=''

# Of a look, which changes nothing: mount_points, asked once.
MOUNT_POINTS=''

# mounted TARGET: what is there from the next stop on; false when nothing is.
# shellcheck disable=SC2034 # mounts.sh reads what it sets
mounted() {
  local index source target ro options points=$MOUNT_POINTS
  [ -n "$LOOK" ] || points=$(mount_points)
  while IFS=$'\t' read -r index source target ro options _; do
    if [ "$target" != "$1" ] || [ -z "$index" ]; then continue; fi
    INDEX=$index SOURCE=$source ONLY=$(flag "$ro") OPTIONS_THERE=${options#-}
    return 0
  done <<<"$points"
  return 1
}

# mounted_as VOLUME: N of the mount that has it, after the next stop or now; false for none.
mounted_as() { { mount_points && mounts_now; } | awk -F '\t' -v v="$1" '!found && $2 == v { print $1; found = 1 } END { exit !found }'; }

# size_of INDEX: in whole gigabytes.
size_of() { gigabytes "$(mounts_now | awk -F '\t' -v i="$1" '$1 == i { print $6 }')"; }

ours_file() { printf '%s/guests/%s.mounts\n' "$PHOENIX_STATE" "$CTID"; }

is_ours() { grep -Fxqs -- "$1" "$(ours_file)"; }

free_index() {
  local index=0
  while grep -q "^mp$index:" "$(guest_conf "$CTID")"; do index=$((index + 1)); done
  printf '%s\n' "$index"
}

# noted_volume NAME: the volume that was made for it.
noted_volume() { [ ! -e "$(volumes_file "$CTID")" ] || awk -F '\t' -v n="$1" '$1 == n { found = $2 } END { print found }' "$(volumes_file "$CTID")"; }

# kept_volume NAME: the same, when it is still there.
kept_volume() {
  local volume
  volume=$(noted_volume "$1")
  [ -n "$volume" ] || return 0
  # 'pvesm path' also answers for a volume that is gone. An empty one in its place would hide the data.
  listed_volume "$volume" "$CTID" ||
    err "CT $CTID: whether $volume, made for its volume $1, is still there cannot be determined: storage ${volume%%:*} does not answer; Proxmox VE's message is above." \
      "Bring the storage back and run again; to have a new volume, take its line out of $(volumes_file "$CTID") on $(hostname)"
}

# flag RO: as the settings write it.
flag() { if [ "$1" = 1 ]; then echo true; else echo false; fi; }
