#!/usr/bin/env bash
# NFS exports in the machine: PHOENIX_NFS has a line `server:/path folder options` for each. Lines of /etc/fstab with
# the option x-phoenix are this script's own; all others stay.
. guest/features/prelude.sh
set -euo pipefail

fstab_now() { awk '$3 == "nfs" && $4 ~ /(^|,)x-phoenix(,|$)/' /etc/fstab; }

main() {
  local source target options entries='' old
  while read -r source target options; do
    [ -z "$source" ] || entries+="$source $target nfs $options,x-phoenix 0 0"$'\n'
  done <<<"$PHOENIX_NFS"
  entries=${entries%$'\n'}
  if [ -n "$entries" ]; then
    require_debian_kin nfs
    packages nfs-common
  fi
  # An export that is no longer wanted is unmounted before its line is removed.
  while read -r source target _ options _; do
    [ -n "$source" ] || continue
    if ! grep -Fxq -- "$source $target nfs $options 0 0" <<<"$entries" && mountpoint -q "$target"; then
      umount "$target" || fail 5 "$target is in use and could not be unmounted"
      did "unmounted $target"
    fi
  done < <(fstab_now)
  if [ "$(fstab_now)" != "$entries" ]; then
    [ -e /etc/fstab.before-phoenix ] || cp -p /etc/fstab /etc/fstab.before-phoenix
    old=$(awk '!($3 == "nfs" && $4 ~ /(^|,)x-phoenix(,|$)/)' /etc/fstab)
    keep_file /etc/fstab < <(printf '%s\n' "$old" "$entries" | sed '/^$/d') || true
    did "set the NFS lines of /etc/fstab"
    ! command -v systemctl >/dev/null || systemctl daemon-reload
  fi
  while read -r source target options; do
    [ -n "$source" ] || continue
    mkdir -p "$target"
    proof mount "$target"
    mountpoint -q "$target" && continue
    mount "$target" || fail 5 "$source could not be mounted at $target: is it exported to this machine's address?"
    did "mounted $source at $target"
  done <<<"$PHOENIX_NFS"
}

main
