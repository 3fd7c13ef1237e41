#!/usr/bin/env bash
# A ZFS pool: existing, imported or created; with its properties, its scrubs and a check of its health.
# Settings: step.ts
# properties: {property: value} of its root dataset, wipeDisks: [path], takeOverFrom: host or hostid,
# unequalDisks: true, scrub: weekly|monthly|off}. Result: {health, scan, disks: [{disk, wearPercent, …}]} too.
. hypervisor/zfs/pool/members.sh
. hypervisor/zfs/lib/properties.sh
. hypervisor/zfs/pool/health.sh
. hypervisor/zfs/pool/scrub.sh
. hypervisor/zfs/pool/pool-make.sh
set -euo pipefail

make_pool() {
  local name=$1
  shift
  if import_if_there "$name" "$@"; then return; fi
  prove_blank "$name" "$@"
  [ -z "$(ls -A "/$name" 2>/dev/null)" ] ||
    err "pool $name cannot be created: the folder /$name, where it is to be mounted, has files in it; nothing was changed: move them away, then run again"
  mend "pool $name" missing "$(layout_in_words)" create_pool "$name" "$@"
}

ensure_pool() {
  local name=$1 wanted now when
  load wanted=autotrim when=scrub
  now=$(zpool get -H -o value autotrim "$name")
  [ "$now" = "$wanted" ] || repair "pool $name autotrim" "$now" "$wanted" zpool set "autotrim=$wanted" "$name"
  read_properties "$name" "$CRON"
  ensure_properties pool "$name"
  ensure_scrub "$name" "$when"
}

main() {
  need_cmd zpool zfs lsblk wipefs
  read_settings
  local name=''
  local -a disks=()
  load name=name
  mapfile -t disks < <(jq -r '.vdevs[].disks[]' <<<"$SETTINGS")
  lock zfs 300
  if ! has zpool "$name"; then
    make_pool "$name" "${disks[@]}"
    ! looking || finish
  fi
  check_members "$name"
  if ! looking && [ -e "$NOTES/$name.creating" ]; then
    forget_creation "$name"
    changed "removed the note that pool $name is being created"
  fi
  ensure_pool "$name"
  if ! looking; then
    check_health "$name"
    check_wear "${disks[@]}"
  fi
  finish
}

main
