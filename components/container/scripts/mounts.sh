#!/usr/bin/env bash
# What is mounted in a container: folders of the host and volumes of its own, found by their place inside.
# What was mounted by somebody else stays; a volume that is taken out is kept, and used again when it returns.
# Settings: {ctid, tag, mounts: [{target, readOnly, source} | {target, readOnly, name, storage, sizeGb,
#            destroyOnTeardown?}]}
set -euo pipefail

# mount_points: the container's mpN above the first [section], one a line: N<TAB>SOURCE<TAB>TARGET<TAB>RO<TAB>SIZE.
mount_points() {
  awk '
    /^\[/ { exit }
    /^mp[0-9]+:/ {
      key = $1; sub(/^mp/, "", key); sub(/:$/, "", key)
      line = $0; sub(/^[^:]*:[ \t]*/, "", line)
      n = split(line, part, ","); source = part[1]; sub(/^volume=/, "", source)
      target = ""; ro = 0; size = ""
      for (i = 2; i <= n; i++) {
        if (part[i] ~ /^mp=/) target = substr(part[i], 4)
        if (part[i] ~ /^ro=/) ro = substr(part[i], 4)
        if (part[i] ~ /^size=/) size = substr(part[i], 6)
      }
      # As the files have it after their checks: Proxmox VE keeps what somebody typed.
      gsub(/\/+/, "/", target); if (length(target) > 1) sub(/\/$/, "", target)
      printf "%s\t%s\t%s\t%s\t%s\n", key, source, target, ro, size
    }' "$(guest_conf "$CTID")"
}

# mounted TARGET: its line of mount_points; false when nothing is mounted there.
mounted() { mount_points | awk -F '\t' -v t="$1" '$3 == t { print; found = 1; exit } END { exit !found }'; }

ours_file() { printf '%s/guests/%s.mounts\n' "$PHOENIX_STATE" "$CTID"; }

is_ours() { grep -Fxqs -- "$1" "$(ours_file)"; }

free_index() {
  local index=0
  while grep -q "^mp$index:" "$(guest_conf "$CTID")"; do index=$((index + 1)); done
  printf '%s\n' "$index"
}

# kept_volume NAME: the volume that was made for it, when it is still there.
kept_volume() {
  local volume
  volume=$(awk -F '\t' -v n="$1" '$1 == n { found = $2 } END { print found }' "$(volumes_file "$CTID")" 2>/dev/null) || return 1
  # 'pvesm path' also answers for a volume that is gone.
  [ -n "$volume" ] && pvesm list "${volume%%:*}" --vmid "$CTID" 2>/dev/null |
    awk -v v="$volume" '$1 == v { print v; found = 1 } END { exit !found }'
}

# note_volume NAME VOLUME keep|destroy: what happens to it when the container is destroyed.
note_volume() { write_file "$(volumes_file "$CTID")" 600 < <(volume_notes "$@") || true; }

volume_notes() {
  awk -F '\t' -v n="$1" '$1 != n' "$(volumes_file "$CTID")" 2>/dev/null || true
  printf '%s\t%s\t%s\n' "$@"
}

# attach WHAT TARGET READONLY: as a new mount point; a running container sees it at once.
attach() {
  local options="$1,mp=$2"
  [ "$3" = false ] || options+=",ro=1"
  printf '%s\n' "$2" >>"$(ours_file)"
  pve pct set "$CTID" "--mp$(free_index)" "$options" ||
    err "CT $CTID: $1 could not be mounted at $2; Proxmox VE's message is above"
}

# change INDEX WHAT TARGET READONLY: a mount of ours; options that somebody added to it stay.
change() {
  local now options
  now=$(guest_value "$CTID" "mp$1")
  options=$(tr ',' '\n' <<<"$now" | tail -n +2 | grep -Ev '^(mp|ro|size)=' | paste -sd, -) || true
  options="$2,mp=$3${options:+,$options}"
  [ "$4" = false ] || options+=",ro=1"
  pve pct set "$CTID" "--mp$1" "$options" || err "CT $CTID: the mount at $3 could not be changed; Proxmox VE's message is above"
}

# require_folder, require_volume: what cannot be done is said before anything is changed.
require_folder() {
  local target=$1 source=$3 line now
  [ -d "$source" ] || err "CT $CTID: $source, which is to be mounted at $target, is not a folder of $(hostname)"
  line=$(mounted "$target") || return 0
  now=$(cut -f 2 <<<"$line")
  [ "$now" != "$source" ] || return 0
  is_ours "$target" || err "CT $CTID has $now mounted at $target, which was not made from these files; it was left untouched"
  case $now in
    /*) ;;
    *) err "CT $CTID has its volume $now at $target; take its entry out first (its data is kept), then mount $source there" ;;
  esac
}

require_volume() {
  local target=$1 name=$3 storage=$4 size=$5 line index now have
  line=$(mounted "$target") || return 0
  IFS=$'\t' read -r index now _ _ have <<<"$line"
  case $now in
    /*) err "CT $CTID has the folder $now at $target, where volume $name is wanted; give it another mount_point" ;;
    "$storage":*) ;;
    *) err "CT $CTID has its volume $now at $target, not one on $storage: move it with 'pct move-volume $CTID mp$index $storage'" ;;
  esac
  have=$(gigabytes "$have")
  [ "$size" -ge "$have" ] ||
    err "volume $name of CT $CTID has ${have}G and cannot shrink to ${size}G: set its size_gb to $have or more"
}

hold_folder() {
  local target=$1 only=$2 source=$3 line index now ro
  if ! line=$(mounted "$target"); then
    attach "$source" "$target" "$only"
    changed "CT $CTID: mounted $source at $target"
    return 0
  fi
  IFS=$'\t' read -r index now _ ro _ <<<"$line"
  if [ "$now" != "$source" ] || [ "$(flag "$ro")" != "$only" ]; then
    change "$index" "$source" "$target" "$only"
    changed "CT $CTID: $target is $source$([ "$only" = false ] || printf ', read-only')"
  fi
}

flag() { if [ "$1" = 1 ]; then echo true; else echo false; fi; }

hold_volume() {
  local target=$1 only=$2 name=$3 storage=$4 size=$5 fate=$6 line index now ro have
  if ! line=$(mounted "$target"); then
    if now=$(kept_volume "$name"); then
      attach "$now" "$target" "$only"
      changed "CT $CTID: mounted its volume $now ($name) at $target again"
    else
      attach "$storage:$size" "$target" "$only"
      changed "CT $CTID: made volume $name (${size}G on $storage) at $target"
    fi
    line=$(mounted "$target") || err "CT $CTID: volume $name does not appear at $target; Proxmox VE's message is above"
    note_volume "$name" "$(cut -f 2 <<<"$line")" "$fate"
  fi
  IFS=$'\t' read -r index now _ ro have <<<"$line"
  # A folder of the host that came there meanwhile is no volume, and must never go with the container.
  case $now in
    /*) err "CT $CTID has the folder $now at $target, where volume $name is wanted; give one of the two another place" ;;
  esac
  note_volume "$name" "$now" "$fate"
  if [ "$(flag "$ro")" != "$only" ]; then
    change "$index" "$now" "$target" "$only"
    changed "CT $CTID: $target read-only: $only"
  fi
  grow "$index" "$name" "$have" "$size"
}

# grow INDEX NAME HAVE WANTED: gigabytes; a volume never shrinks.
grow() {
  local have
  have=$(gigabytes "$3")
  if [ "$4" -gt "$have" ]; then
    pve pct resize "$CTID" "mp$1" "${4}G" || pve pct rescan --vmid "$CTID" || true
    [ "$(gigabytes "$(mount_points | awk -F '\t' -v i="$1" '$1 == i { print $5 }')")" = "$4" ] ||
      err "volume $2 of CT $CTID could not be grown to ${4}G; Proxmox VE's message is above"
    changed "CT $CTID: volume $2 ${have}G -> ${4}G"
  fi
}

# release_obsolete: what these files mounted and no longer name. The data stays.
release_obsolete() {
  local target line index source
  [ -e "$(ours_file)" ] || return 0
  while IFS= read -r target; do
    ! list 'mounts[].target | [.]' | grep -Fx -- "$target" >/dev/null || continue
    line=$(mounted "$target") || continue
    IFS=$'\t' read -r index source _ <<<"$line"
    pve pct set "$CTID" --delete "mp$index" || err "CT $CTID: $target could not be taken out; Proxmox VE's message is above"
    changed "CT $CTID: took $source out of $target; its data is kept"
  done < <(sort -u "$(ours_file)")
}

# each_mount PREFIX: PREFIX_folder or PREFIX_volume for every wanted mount.
each_mount() {
  local target only source name storage size fate
  while IFS=$'\t' read -r target only source name storage size fate; do
    if [ "$source" != - ]; then
      "$1_folder" "$target" "$only" "$source"
    else
      "$1_volume" "$target" "$only" "$name" "$storage" "$size" "$fate"
    fi
  done < <(jq -r '.mounts[] | [.target, .readOnly, .source // "-", .name // "-", .storage // "-", .sizeGb // "-",
    if .destroyOnTeardown then "destroy" else "keep" end] | @tsv' <<<"$SETTINGS")
}

# require_apart: two at one place would take turns there.
require_apart() {
  local twice
  twice=$(jq -r '[.mounts[].target] | group_by(.)[] | select(length > 1) | .[0]' <<<"$SETTINGS" | head -n 1)
  [ -z "$twice" ] || err "CT $CTID: two mounts are wanted at $twice; nothing was changed: give each a place of its own"
}

main() {
  enter_guest mounts
  require_apart
  each_mount require
  release_obsolete
  each_mount hold
  write_file "$(ours_file)" 600 < <(jq -r '.mounts[].target' <<<"$SETTINGS") || true
  report
}

main
