#!/usr/bin/env bash
# What is to be mounted in a container, and what of it cannot be done.
. container/lib/mount-points.sh
. guest/lib/owned.sh

# Options of a volume's mount that are somebody else's where its entry does not say them: PLACE KEY, one a line.
options_note() { printf '%s/guests/%s.mount-options\n' "$PHOENIX_STATE" "$CTID"; }

# targets: where the container is to have its mounts, one a line.
targets() { jq -r '.mounts[].target' <<<"$SETTINGS"; }

# require_apart: two at one place would take turns there.
require_apart() {
  local twice
  twice=$(targets | sort | uniq -d | sed -n 1p)
  [ -z "$twice" ] || err "CT $CTID: two mounts are wanted at $twice; nothing was changed: give each a place of its own"
}

# require_folder, require_volume: what cannot be done is said before anything is changed.
require_folder() {
  local target=$1 source=$3
  [ -d "$source" ] || err "CT $CTID: $source, which is to be mounted at $target, is not a folder of $(hostname)"
  mounted "$target" || return 0
  [ "$SOURCE" != "$source" ] || return 0
  is_ours "$target" || err "CT $CTID has $SOURCE mounted at $target, which was not made from these files; it was left untouched"
  case $SOURCE in
    /*) ;;
    *) err "CT $CTID has its volume $SOURCE at $target; take its entry out first (its data is kept), then mount $source there" ;;
  esac
}

require_volume() {
  local target=$1 name=$3 storage=$4 size=$5 have
  if ! mounted "$target"; then
    kept_volume "$name" >/dev/null || failed_inside
    return 0
  fi
  case $SOURCE in
    /*) err "CT $CTID has the folder $SOURCE at $target, where volume $name is wanted; give it another mount_point" ;;
    "$storage":*) ;;
    *) err "CT $CTID has its volume $SOURCE at $target, not one on $storage: move it with 'pct move-volume $CTID mp$INDEX $storage'" ;;
  esac
  have=$(size_of "$INDEX")
  [ "$size" -ge "$have" ] ||
    err "volume $name of CT $CTID has ${have}G and cannot shrink to ${size}G: set its size_gb to $have or more"
}

# each_mount PREFIX: PREFIX_folder or PREFIX_volume for every wanted mount.
each_mount() {
  local index=0 target only source name storage size on_destroy options
  while given "mounts.$index.target"; do
    load target="mounts.$index.target" only="mounts.$index.readOnly" source="mounts.$index.source" \
      name="mounts.$index.name" storage="mounts.$index.storage" size="mounts.$index.sizeGb" \
      on_destroy="mounts.$index.destroyOnTeardown" options="mounts.$index.options"
    if [ -n "$source" ]; then
      "$1_folder" "$target" "$only" "$source"
    else
      [ "$on_destroy" = true ] && on_destroy=destroy || on_destroy=keep
      "$1_volume" "$target" "$only" "$name" "$storage" "$size" "$on_destroy" "$options"
    fi
    index=$((index + 1))
  done
}

# volumes_named: volumes that were made for the wanted names, one a line; one of them only goes to another place.
volumes_named() {
  local name
  while IFS= read -r name; do noted_volume "$name"; done < <(jq -r '.mounts[] | .name // empty' <<<"$SETTINGS")
}
