#!/usr/bin/env bash
# A ZFS dataset with its properties, mounted at /<pool>/<dataset>. Data is never touched.
# Settings: step.ts
. hypervisor/zfs/lib/properties.sh
set -euo pipefail

create_dataset() {
  local name=$1 pair
  local -a options=()
  # Below a parent that is mounted elsewhere a dataset would be inherited to there.
  options=(-o "mountpoint=/$name")
  [ "$(zfs get -H -o value mountpoint "${name%/*}")" != "/${name%/*}" ] || options=()
  while read -r pair; do options+=(-o "$pair"); done < <(pairs)
  zfs create "${options[@]}" "$name" || err "dataset $name could not be created; the message of zfs is above"
}

ensure_mount() {
  local name=$1 now
  now=$(zfs get -H -o value mountpoint "$name")
  [ "$now" = "/$name" ] || repair "dataset $name: mountpoint $now -> /$name" zfs set "mountpoint=/$name" "$name"
  [ "$(zfs get -H -o value mounted "$name")" != yes ] || return 0
  [ -z "$(ls -A "/$name" 2>/dev/null)" ] ||
    warn "the folder /$name has files on the root disk; the mounted dataset $name hides them"
  repair "mounted dataset $name" mount_dataset "$name"
}

mount_dataset() {
  [ "$(zfs get -H -o value mounted "$1")" = yes ] || zfs mount "$1" ||
    err "dataset $1 could not be mounted; the message of zfs is above"
}

main() {
  need_cmd zfs
  read_settings
  local name='' type=''
  load name=name
  lock zfs 300
  has zpool "${name%%/*}" ||
    err "the pool ${name%%/*} of dataset $name is not imported; nothing was changed: 'zpool import' shows what could be"
  if has zfs "$name"; then type=$(zfs get -H -o value type "$name"); fi
  if [ -z "$type" ]; then
    has zfs "${name%/*}" || err "dataset ${name%/*}, in which $name is to lie, does not exist; nothing was changed"
    repair "created dataset $name" create_dataset "$name"
  elif [ "$type" != filesystem ]; then
    err "$name is a $type, not a dataset with files; nothing was changed: give the dataset another name in zfs.datasets"
  else
    ensure_properties dataset "$name"
  fi
  if has zfs "$name"; then ensure_mount "$name"; fi
  finish
}

main
