#!/usr/bin/env bash
# A ZFS dataset with its properties, mounted at /<pool>/<dataset>. Data is never touched.
# Settings: step.ts
. hypervisor/zfs/lib/properties.sh
set -euo pipefail

create_dataset() {
  local name=$1 pair
  local -a options=()
  # Below a parent that is mounted elsewhere, a dataset would inherit that place.
  options=(-o "mountpoint=/$name")
  [ "$(zfs get -H -o value mountpoint "${name%/*}")" != "/${name%/*}" ] || options=()
  while read -r pair; do options+=(-o "$pair"); done < <(pairs)
  zfs create "${options[@]}" "$name" || err "dataset $name could not be created; the message of zfs is above"
  changed "created dataset $name"
}

ensure_mount() {
  local name=$1 now
  now=${PROPERTY[mountpoint]}
  if [ "$now" != "/$name" ]; then
    repair "dataset $name mountpoint" "$now" "/$name" zfs set "mountpoint=/$name" "$name"
    # That may have mounted it.
    looking || read_properties "$name" mounted
  fi
  [ "${PROPERTY[mounted]}" != yes ] || return 0
  [ -z "$(ls -A "/$name" 2>/dev/null)" ] ||
    warn "the folder /$name has files on the root disk; the mounted dataset $name hides them"
  mend "dataset $name" 'not mounted' mounted mount_dataset "$name"
}

mount_dataset() {
  zfs mount "$1" || err "dataset $1 could not be mounted; the message of zfs is above"
  changed "mounted dataset $1"
}

require_parents() {
  has zpool "${1%%/*}" ||
    err "the pool ${1%%/*} of dataset $1 is not imported; nothing was changed: 'zpool import' shows what could be"
  has zfs "${1%/*}" || err "dataset ${1%/*}, in which $1 is to lie, does not exist; nothing was changed"
}

main() {
  need_cmd zfs
  read_settings
  local name=''
  load name=name
  lock zfs 300
  if ! read_properties "$name" mountpoint mounted; then
    require_parents "$name"
    mend "dataset $name" missing there create_dataset "$name"
    looking || read_properties "$name" mountpoint mounted
  elif [ "${PROPERTY[type]}" != filesystem ]; then
    err "$name is a ${PROPERTY[type]}, not a dataset with files; nothing was changed: give the dataset another name in zfs.datasets"
  else
    ensure_properties dataset "$name"
  fi
  [ "${#PROPERTY[@]}" -eq 0 ] || ensure_mount "$name"
  finish
}

main
