#!/usr/bin/env bash
# What is mounted in a container: folders of the host and volumes of its own, identified by their place inside. Mounts
# of somebody else stay. A volume whose entry is removed is kept, and mounted again when the entry comes back.
# Settings: step.ts
. container/lib/rollback.sh
. container/mounts/wanted-mounts.sh
set -euo pipefail

# note_volume NAME VOLUME keep|destroy: what happens to it when the container is destroyed.
note_volume() { write_file "$(volumes_file "$CTID")" 600 < <(volume_notes "$@") || true; }
volume_notes() {
  awk -F '\t' -v n="$1" '$1 != n' "$(volumes_file "$CTID")" 2>/dev/null || true
  printf '%s\t%s\t%s\n' "$@"
}

# attach WHAT TARGET READONLY [OPTIONS]: as a new mount point; a running container sees it at once.
attach() {
  local options="$1,mp=$2${4:+,$4}"
  [ "$3" = false ] || options+=",ro=1"
  printf '%s\n' "$2" >>"$(ours_file)"
  pve pct set "$CTID" "--mp$(free_index)" "$options" ||
    err "CT $CTID: $1 could not be mounted at $2; Proxmox VE's message is above"
}

# change INDEX WHAT TARGET READONLY [OPTIONS]: a mount of ours, from the next stop on; options that somebody added to it stay.
change() {
  local now options
  now=$(guest_next "$CTID" "mp$1")
  [ -n "$now" ] || now=$(guest_value "$CTID" "mp$1")
  options=$(tr ',' '\n' <<<"$now" | tail -n +2 | grep -Ev '^(mp|ro|size)=' | paste -sd, -) || true
  merged_options "$3" "$options" "${5-}"
  options="$2,mp=$3${MERGED:+,$MERGED}"
  [ "$4" = false ] || options+=",ro=1"
  printf '%s\n' "$3" >>"$(ours_file)"
  pve pct set "$CTID" "--mp$1" "$options" || err "CT $CTID: the mount at $3 could not be changed; Proxmox VE's message is above"
}

# take_back WHAT TARGET READONLY [OPTIONS]: cancels the pending removal or change of a mount that is as wanted now. False when
# there is none.
take_back() {
  local index source target ro options
  while IFS=$'\t' read -r index source target ro options _; do
    if [ "$source" != "$1" ] || [ "$target" != "$2" ] || [ "$(flag "$ro")" != "$3" ]; then continue; fi
    merged_options "$2" "${options#-}" "${4-}"
    same_list "$MERGED" "${options#-}" || continue
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

# note_replaced TARGET SOURCE: a running container holds the folder that was there when it started, also where that was
# removed and made again meanwhile; the step start restarts it then.
note_replaced() {
  local held
  guest_running "$CTID" || return 0
  held=$(in_ct 20 stat -c %d:%i -- "$1" </dev/null 2>/dev/null) || return 0
  [ "$held" = "$(stat -c %d:%i -- "$2")" ] || : >"$PHOENIX_STATE/guests/$CTID.restart"
}

ensure_folder() {
  local target=$1 only=$2 folder=$3 place=''
  if mounted "$target"; then
    if [ "$SOURCE" = "$folder" ] && [ "$ONLY" = "$only" ]; then
      note_replaced "$target" "$folder"
      return 0
    fi
    place=$INDEX
  fi
  if take_back "$folder" "$target" "$only"; then
    return 0
  elif [ -z "$place" ]; then
    attach "$folder" "$target" "$only"
    changed "CT $CTID: mounted $folder at $target"
  else
    change "$place" "$folder" "$target" "$only"
    changed "CT $CTID: $target is $folder$([ "$only" = false ] || printf ', read-only')"
  fi
}

ensure_volume() {
  local target=$1 only=$2 name=$3 storage=$4 size=$5 on_destroy=$6 options=$7
  if ! mounted "$target"; then
    mount_volume "$target" "$only" "$name" "$storage" "$size" "$options"
    mounted "$target" || err "CT $CTID: volume $name does not appear at $target; Proxmox VE's message is above"
  fi
  # A folder of the host that came there meanwhile is no volume, and must never go with the container.
  case $SOURCE in
    /*) err "CT $CTID has the folder $SOURCE at $target, where volume $name is wanted; give one of the two another place" ;;
  esac
  note_volume "$name" "$SOURCE" "$on_destroy"
  merged_options "$target" "$OPTIONS_THERE" "$options"
  if { [ "$ONLY" != "$only" ] || ! same_list "$MERGED" "$OPTIONS_THERE"; } && ! take_back "$SOURCE" "$target" "$only" "$options"; then
    change "$INDEX" "$SOURCE" "$target" "$only" "$options"
    [ "$ONLY" = "$only" ] || changed "CT $CTID: $target read-only: $only"
    same_list "$MERGED" "$OPTIONS_THERE" || changed "CT $CTID: $target options: ${OPTIONS_THERE:-none} -> ${MERGED:-none}"
  fi
  grow "$INDEX" "$name" "$size"
}

# mount_volume TARGET READONLY NAME STORAGE SIZE OPTIONS: nothing is mounted there, or will be.
mount_volume() {
  local target=$1 only=$2 name=$3 storage=$4 size=$5 options=$6 now index
  now=$(kept_volume "$name") || failed_inside
  if [ -z "$now" ]; then
    attach "$storage:$size" "$target" "$only" "$options"
    changed "CT $CTID: made volume $name (${size}G on $storage) at $target"
  elif take_back "$now" "$target" "$only" "$options"; then
    return 0
  elif index=$(mounted_as "$now"); then
    change "$index" "$now" "$target" "$only" "$options"
    changed "CT $CTID: its volume $now ($name) goes to $target"
  else
    attach "$now" "$target" "$only" "$options"
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
  local wanted target
  [ -e "$(ours_file)" ] || return 0
  wanted=$(targets)
  while IFS= read -r target; do
    ! grep -Fx -- "$target" >/dev/null <<<"$wanted" || continue
    mounted "$target" || continue
    ! volumes_named | grep -Fx -- "$SOURCE" >/dev/null || continue
    unset_keys "$CTID" "mp$INDEX" || err "CT $CTID: $target could not be taken out; Proxmox VE's message is above"
    changed "CT $CTID: took $SOURCE out of $target; its data is kept"
  done < <(sort -u "$(ours_file)")
}

# said_volume TARGET … OPTIONS: what its entry says of its mount, as the note has it.
said_volume() { said_options "$1" "$7"; }

said_folder() { :; }

main() {
  local -a said=()
  enter_guest mounts
  read_owned "$(options_note)"
  require_apart
  drop_unmade
  each_mount require
  release_obsolete
  mapfile -t said < <(each_mount said)
  note_owned "$(options_note)" "${said[@]}"
  each_mount ensure
  settle_owned "$(options_note)" "${said[@]}"
  write_file "$(ours_file)" 600 < <(targets) || true
  # Last: without this note, all volumes are kept when the container is deleted.
  : >"$(standing_note "$CTID")"
  report
}

main
