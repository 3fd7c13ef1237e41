#!/usr/bin/env bash
# A ZFS pool: there, imported or created on blank disks. It never wipes a disk.
# Settings: {name, raidLevel: single|mirror|raidz1|raidz2|raidz3, disks: [path]}
set -euo pipefail

pool_exists() { zpool list -H -o name | grep -Fxq -- "$1"; }

pool_importable() { zpool import 2>/dev/null | grep -Eq "^[[:space:]]*pool: $1\$"; }

# Refuses a disk that is not there, is in a pool or carries anything.
require_blank() {
  local disk=$1 device found
  [ -b "$disk" ] || err "disk $disk is not there; 'ls -l /dev/disk/by-id' lists this node's disks"
  device=$(readlink -f "$disk")
  found=$(zpool status -L -P 2>/dev/null | awk -v d="$device" '$1 == d || index($1, d "p") == 1 { print $1 }')
  [ -z "$found" ] || err "disk $disk ($device) already belongs to a pool; nothing was changed"
  found=$(lsblk -rno NAME,TYPE,FSTYPE,MOUNTPOINT "$device" | awk 'NR > 1 || $3 != ""')
  [ -z "$found" ] || err "disk $disk is not blank (lsblk: $(tr '\n' ';' <<<"$found")); nothing was changed"
  found=$(wipefs -n "$device")
  [ -z "$found" ] || err "disk $disk is not blank (wipefs: $(tail -n 1 <<<"$found")); nothing was changed"
}

create_pool() {
  local name=$1 level=$2 disk
  shift 2
  local -a vdev=()
  [ "$level" = single ] || vdev=("$level")
  for disk; do require_blank "$disk"; done
  zpool create -o autotrim=on -O compression=lz4 -O atime=off "$name" "${vdev[@]}" "$@"
  changed "created pool $name ($level, $# disks)"
}

# Brings back the properties the pool was made with when somebody changed them.
hold_properties() {
  local name=$1 pair value
  value=$(zpool get -H -o value autotrim "$name")
  if [ "$value" != on ]; then
    zpool set autotrim=on "$name"
    changed "pool $name: autotrim $value -> on"
  fi
  for pair in compression=lz4 atime=off; do
    value=$(zfs get -H -o value "${pair%%=*}" "$name")
    [ "$value" = "${pair#*=}" ] && continue
    zfs set "$pair" "$name"
    changed "pool $name: ${pair%%=*} $value -> ${pair#*=}"
  done
}

main() {
  need_cmd zpool zfs lsblk wipefs
  read_settings
  local name='' level='' health
  local -a disks=()
  load name=name level=raidLevel
  mapfile -t disks < <(list disks)
  lock zfs 300
  if ! pool_exists "$name"; then
    if pool_importable "$name"; then
      zpool import "$name"
      changed "imported pool $name"
    else
      create_pool "$name" "$level" "${disks[@]}"
    fi
  fi
  hold_properties "$name"
  health=$(zpool list -H -o health "$name")
  [ "$health" = ONLINE ] || say "warning: pool $name is $health; see 'zpool status $name'"
  report
}

main
