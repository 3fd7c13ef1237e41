#!/usr/bin/env bash
# Looks at what is mounted in a container, and changes nothing.
# Settings: step.ts
. container/lib/look.sh
. container/mounts/wanted-mounts.sh
set -euo pipefail

look_folder() {
  local target=$1 only=$2 source=$3
  require_folder "$@"
  if ! mounted "$target"; then
    differs "CT $CTID mount at $target" missing "of $source"
    return 0
  fi
  [ "$SOURCE" = "$source" ] || differs "CT $CTID mount at $target" "of $SOURCE" "of $source"
  look_only "$target" "$only"
}

look_volume() {
  local target=$1 only=$2 name=$3 size=$5 options=$7 have
  if ! mounted "$target"; then
    differs "CT $CTID volume $name" "not mounted at $target" there
    return 0
  fi
  require_volume "$@"
  look_only "$target" "$only"
  options_deviate "CT $CTID volume $name" "$OPTIONS_THERE" "$options"
  have=$(size_of "$INDEX")
  [ "$size" -le "$have" ] || differs "CT $CTID size_gb of volume $name" "$have" "$size"
}

look_only() { [ "$ONLY" = "$2" ] || differs "CT $CTID read_only of the mount at $1" "$ONLY" "$2"; }

main() {
  look_at_guest
  MOUNT_POINTS=$(lines_next | parse_mounts)
  each_mount look
  finish_look
}

main
