#!/usr/bin/env bash
# A container's configuration: what differs is set, everything else stays as it is.
# Settings: step.ts
. container/lib/rollback.sh
. container/configure/wanted.sh
set -euo pipefail

# recreate_from_template: a container from a template that somebody deleted. The provider does not look, and made nothing; a
# clone's own step has made it by now.
recreate_from_template() {
  local template='' os='' storage='' unprivileged='' disk='' name='' incarnation=''
  load template=madeFrom.template os=madeFrom.osType storage=madeFrom.storage unprivileged=madeFrom.unprivileged \
    disk=diskGb name=values.hostname incarnation=incarnation
  [ -n "$template" ] || return 0
  require_id "$CTID"
  refuse_moved "$(guest_conf "$CTID")" "$name" "$TAG"
  pve pct create "$CTID" "$template" --ostype "$os" --rootfs "$storage:$disk" --hostname "$name" \
    --unprivileged "$([ "$unprivileged" = true ] && echo 1 || echo 0)" --tags "$TAG${incarnation:+;$incarnation}" ||
    err "CT $CTID is gone from $(hostname) and could not be recreated; Proxmox VE's message is above"
  changed "CT $CTID was gone: recreated from $template"
}

# note_restart: notes that a change takes effect only at the next start, such as a host name. Written before the change:
# if the run is interrupted in between, the next one sees no difference, and the note still asks for the restart.
note_restart() { ! guest_running "$CTID" || : >"$PHOENIX_STATE/guests/$CTID.restart"; }

# What deletes containers looks for this note, whoever asked for it.
ensure_protection() {
  local note
  note=$(protected_note "$CTID")
  if [ "$1" = true ] && [ ! -e "$note" ]; then
    : >"$note"
    changed "CT $CTID: protected"
  elif [ "$1" != true ] && [ -e "$note" ]; then
    rm -f "$note"
    changed "CT $CTID: no longer protected"
  fi
}

ensure_raw_lines() {
  local conf head
  conf=$(guest_conf "$CTID")
  lock_conf "$conf"
  read_guest "$conf"
  compare_raw "$CTID" rawLines
  if [ $((${#RAW_MISSING[@]} + ${#RAW_OBSOLETE[@]})) -gt 0 ]; then
    note_restart
    head=$(sed '/^\[/,$d' "$conf")
    write_file "$conf" 640 < <(
      grep -Fxv -f <(printf '%s\n' "${RAW_OBSOLETE[@]:-[}") <<<"$head" || true
      [ "${#RAW_MISSING[@]}" -eq 0 ] || printf '%s\n' "${RAW_MISSING[@]}"
      if grep -q '^\[' "$conf"; then
        printf '\n'
        sed -n '/^\[/,$p' "$conf"
      fi
    ) || true
    changed "CT $CTID: raw lines"
  fi
  write_file "$(raw_note "$CTID")" < <(list rawLines) || true
  exec 7>&-
}

# The host must permit a container's own id maps: root:HOST:COUNT in /etc/subuid and /etc/subgid.
allow_host_ids() {
  local file=$1 range
  while IFS= read -r range; do
    keep_original "$file"
    write_file "$file" < <(cat "$file" 2>/dev/null || true; printf 'root:%s\n' "$range") || true
    changed "$file: root:$range"
  done < <(list "$2" | missing_ids "$file")
}

# All containers share these files.
lock_ids() {
  lock subids 60 8
}

main() {
  local disk='' protect=''
  local -a said
  enter_guest configure recreate_from_template
  GUEST="CT $CTID"
  load disk=diskGb protect=protect
  # What cannot be done is said before anything is changed.
  read_guest "$(guest_conf "$CTID")"
  require_bridges
  each_device require_device
  refuse_to_shrink "root disk of $GUEST" "$(guest_conf "$CTID")" rootfs "$disk" storage_size_gb
  find_devices gpus
  # A line of the root disk that is written names its size.
  grow_disk "root disk of $GUEST" "$(guest_conf "$CTID")" rootfs "$disk"
  read_guest "$(guest_conf "$CTID")"
  want_values
  want_network
  want_cards
  want_tags "$TAG"
  want_root_disk
  if is_wanted hostname || mtu_waits; then note_restart; fi
  mapfile -t said < <(owned_by_entry "${OPTIONAL[@]}"; said_cards; each_device said_device; said_options rootfs "$(setting rootfs)")
  note_owned "$(owned_note)" "${said[@]}"
  if ! unset_keys "$CTID" "${GONE[@]}" || { [ "${#OPTIONS[@]}" -gt 0 ] && ! pve pct set "$CTID" "${OPTIONS[@]}"; }; then
    err "CT $CTID could not be configured; Proxmox VE's message is above"
  fi
  ensure_own_devices
  settle_owned "$(owned_note)" "${said[@]}"
  ensure_protection "$protect"
  ensure_devices
  lock_ids
  allow_host_ids /etc/subuid hostIds.users
  allow_host_ids /etc/subgid hostIds.groups
  ensure_raw_lines
  report
}

main
