#!/usr/bin/env bash
# What is mounted in a container: folders of the host and volumes of its own, identified by their place inside. Mounts
# of somebody else stay. A volume whose entry is removed is kept, and mounted again when the entry comes back.
# Settings: step.ts
. container/lib/rollback.sh
. container/mounts/mount-points.sh
set -euo pipefail

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

# change INDEX WHAT TARGET READONLY: a mount of ours, from the next stop on; options that somebody added to it stay.
change() {
  local now options
  now=$(guest_next "$CTID" "mp$1")
  [ -n "$now" ] || now=$(guest_value "$CTID" "mp$1")
  options=$(tr ',' '\n' <<<"$now" | tail -n +2 | grep -Ev '^(mp|ro|size)=' | paste -sd, -) || true
  options="$2,mp=$3${options:+,$options}"
  [ "$4" = false ] || options+=",ro=1"
  printf '%s\n' "$3" >>"$(ours_file)"
  pve pct set "$CTID" "--mp$1" "$options" || err "CT $CTID: the mount at $3 could not be changed; Proxmox VE's message is above"
}

# take_back WHAT TARGET READONLY: cancels the pending removal or change of a mount that is as wanted now. False when
# there is none.
take_back() {
  local index source target ro
  while IFS=$'\t' read -r index source target ro _; do
    if [ "$source" != "$1" ] || [ "$target" != "$2" ] || [ "$(flag "$ro")" != "$3" ]; then continue; fi
    [ "$(guest_next "$CTID" "mp$index")" != "$(guest_value "$CTID" "mp$index")" ] || continue
    printf '%s\n' "$2" >>"$(ours_file)"
    pve pct set "$CTID" --revert "mp$index" || err "CT $CTID: $1 could not be kept at $2; Proxmox VE's message is above"
    changed "CT $CTID: $1 stays at $2: what waited for the container's next stop is taken back"
    return 0
  done < <(mounts_now)
  return 1
}

# drop_unmade: cancels pending volumes that Proxmox VE has not made; they are requested again.
drop_unmade() {
  local index source
  while IFS=$'\t' read -r index source _; do
    [[ $source =~ ^[^/:]+:[0-9.]+$ ]] || continue
    pve pct set "$CTID" --revert "mp$index" || err "CT $CTID: mp$index could not be taken back; Proxmox VE's message is above"
  done < <(mount_points)
}

# require_folder, require_volume: checks of everything that would be refused, before anything is changed.
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
  if ! line=$(mounted "$target"); then
    kept_volume "$name" >/dev/null || failed_inside
    return 0
  fi
  IFS=$'\t' read -r index now _ <<<"$line"
  case $now in
    /*) err "CT $CTID has the folder $now at $target, where volume $name is wanted; give it another mount_point" ;;
    "$storage":*) ;;
    *) err "CT $CTID has its volume $now at $target, not one on $storage: move it with 'pct move-volume $CTID mp$index $storage'" ;;
  esac
  have=$(size_of "$index")
  [ "$size" -ge "$have" ] ||
    err "volume $name of CT $CTID has ${have}G and cannot shrink to ${size}G: set its size_gb to $have or more"
}

ensure_folder() {
  local target=$1 only=$2 source=$3 line='' index='' now='' ro=''
  if line=$(mounted "$target"); then
    IFS=$'\t' read -r index now _ ro _ <<<"$line"
    if [ "$now" = "$source" ] && [ "$(flag "$ro")" = "$only" ]; then return 0; fi
  fi
  if take_back "$source" "$target" "$only"; then
    return 0
  elif [ -z "$line" ]; then
    attach "$source" "$target" "$only"
    changed "CT $CTID: mounted $source at $target"
  else
    change "$index" "$source" "$target" "$only"
    changed "CT $CTID: $target is $source$([ "$only" = false ] || printf ', read-only')"
  fi
}

ensure_volume() {
  local target=$1 only=$2 name=$3 storage=$4 size=$5 on_destroy=$6 line index now ro
  if ! line=$(mounted "$target"); then
    mount_volume "$target" "$only" "$name" "$storage" "$size"
    line=$(mounted "$target") || err "CT $CTID: volume $name does not appear at $target; Proxmox VE's message is above"
  fi
  IFS=$'\t' read -r index now _ ro _ <<<"$line"
  # If a folder of the host was mounted there meanwhile, it must not be noted as a volume, nor deleted with the container.
  case $now in
    /*) err "CT $CTID has the folder $now at $target, where volume $name is wanted; give one of the two another place" ;;
  esac
  note_volume "$name" "$now" "$on_destroy"
  if [ "$(flag "$ro")" != "$only" ] && ! take_back "$now" "$target" "$only"; then
    change "$index" "$now" "$target" "$only"
    changed "CT $CTID: $target read-only: $only"
  fi
  grow "$index" "$name" "$size"
}

# mount_volume TARGET READONLY NAME STORAGE SIZE: nothing is mounted there, or will be.
mount_volume() {
  local target=$1 only=$2 name=$3 storage=$4 size=$5 now index
  now=$(kept_volume "$name") || failed_inside
  if [ -z "$now" ]; then
    attach "$storage:$size" "$target" "$only"
    changed "CT $CTID: made volume $name (${size}G on $storage) at $target"
  elif take_back "$now" "$target" "$only"; then
    return 0
  elif index=$(mounted_as "$now"); then
    change "$index" "$now" "$target" "$only"
    changed "CT $CTID: its volume $now ($name) goes to $target"
  else
    attach "$now" "$target" "$only"
    changed "CT $CTID: mounted its volume $now ($name) at $target again"
  fi
}

# grow INDEX NAME WANTED: gigabytes; a volume never shrinks.
grow() {
  local have
  have=$(size_of "$1")
  if [ "$3" -gt "$have" ]; then
    pve pct resize "$CTID" "mp$1" "${3}G" || pve pct rescan --vmid "$CTID" || true
    [ "$(size_of "$1")" = "$3" ] ||
      err "volume $2 of CT $CTID could not be grown to ${3}G; Proxmox VE's message is above"
    changed "CT $CTID: volume $2 ${have}G -> ${3}G"
  fi
}

# release_obsolete: unmounts what this stack mounted and its files no longer name. The data stays.
release_obsolete() {
  local wanted target line index source
  [ -e "$(ours_file)" ] || return 0
  wanted=$(targets)
  while IFS= read -r target; do
    ! grep -Fx -- "$target" >/dev/null <<<"$wanted" || continue
    line=$(mounted "$target") || continue
    IFS=$'\t' read -r index source _ <<<"$line"
    ! volumes_named | grep -Fx -- "$source" >/dev/null || continue
    unset_keys "$CTID" "mp$index" || err "CT $CTID: $target could not be taken out; Proxmox VE's message is above"
    changed "CT $CTID: took $source out of $target; its data is kept"
  done < <(sort -u "$(ours_file)")
}

# each_mount PREFIX: PREFIX_folder or PREFIX_volume for every wanted mount.
each_mount() {
  local target only source name storage size on_destroy
  while IFS=$'\t' read -r target only source name storage size on_destroy; do
    if [ "$source" != - ]; then
      "$1_folder" "$target" "$only" "$source"
    else
      "$1_volume" "$target" "$only" "$name" "$storage" "$size" "$on_destroy"
    fi
  done < <(jq -r '.mounts[] | [.target, .readOnly, .source // "-", .name // "-", .storage // "-", .sizeGb // "-",
    if .destroyOnTeardown then "destroy" else "keep" end] | @tsv' <<<"$SETTINGS")
}

main() {
  enter_guest mounts
  require_apart
  drop_unmade
  each_mount require
  release_obsolete
  each_mount ensure
  write_file "$(ours_file)" 600 < <(targets) || true
  # Last: without this note, all volumes are kept when the container is deleted.
  : >"$(standing_note "$CTID")"
  report
}

main
