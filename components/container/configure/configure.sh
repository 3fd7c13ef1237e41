#!/usr/bin/env bash
# A container's configuration: what differs is set, everything else stays as it is.
# Settings: step.ts
. guest/lib/options.sh
. guest/lib/disk.sh
. container/lib/rollback.sh
. container/configure/gpus.sh
set -euo pipefail

# Keys to be unset.
GONE=()

# recreate_from_template: for a container that somebody deleted by hand. The provider does not notice that and has not
# created it; a clone has been created by its own step before this one.
recreate_from_template() {
  local template='' os='' storage='' unprivileged='' disk='' name='' incarnation=''
  load template=madeFrom.template os=madeFrom.osType storage=madeFrom.storage unprivileged=madeFrom.unprivileged \
    disk=diskGb name=values.hostname incarnation=incarnation
  [ -n "$template" ] || return 0
  require_id "$CTID"
  pve pct create "$CTID" "$template" --ostype "$os" --rootfs "$storage:$disk" --hostname "$name" \
    --unprivileged "$([ "$unprivileged" = true ] && echo 1 || echo 0)" --tags "$TAG${incarnation:+;$incarnation}" ||
    err "CT $CTID is gone from $(hostname) and could not be recreated; Proxmox VE's message is above"
  changed "CT $CTID was gone: recreated from $template"
}

# note_restart: notes that a change takes effect only at the next start, such as a host name. Written before the change:
# if the run is interrupted in between, the next one sees no difference, and the note still asks for the restart.
note_restart() { ! guest_running "$CTID" || : >"$PHOENIX_STATE/guests/$CTID.restart"; }

want_values() {
  local key value now
  while IFS=$'\t' read -r key value; do
    now=$(guest_next "$CTID" "$key")
    case $key in
      onboot) [ -n "$now" ] || now=0 ;;
      features | startup) ! same_list "$value" "$now" || continue ;;
    esac
    want "$key" "$value" "$now"
  done < <(jq -r '.values | to_entries[] | select(.key != "description") | "\(.key)\t\(.value)"' <<<"$SETTINGS")
  for key in features startup; do
    now=$(guest_next "$CTID" "$key")
    [ -n "$now" ] || continue
    ! given "values.$key" || continue
    GONE+=("$key")
    changed "CT $CTID: $key $now -> unset"
  done
  want description "$(setting values.description)" "$(description_in "$(guest_conf "$CTID")")"
}

# 'pct set' writes the file first and refuses an unknown bridge then.
require_bridge() {
  local bridge=''
  load bridge=net0.bridge
  [ -d "/sys/class/net/$bridge" ] ||
    err "bridge $bridge, which CT $CTID is to join, does not exist on $(hostname):" \
      "correct network_config.bridge, or make the bridge. Nothing was changed"
}

# net0: the wanted keys replace theirs, others (firewall, mtu, rate, tag) stay.
want_network() {
  local now merged
  now=$(guest_next "$CTID" net0)
  merged=$(jq -r --arg now "$now" '
    ($now | split(",") | map(select(. != "") | capture("^(?<key>[^=]*)=(?<value>.*)$")) | from_entries) + .net0
    | to_entries | map("\(.key)=\(.value)") | join(",")' <<<"$SETTINGS")
  same_list "$merged" "$now" || want net0 "$merged" "$now"
}

want_tag() {
  local tag=$1 now
  now=$(guest_value "$CTID" tags)
  conf_has_tag "$(guest_conf "$CTID")" "$tag" || want tags "${now:+$now;}$tag" "$now"
}

# Every script that deletes a container looks for this note.
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

# Raw lxc.* lines, above the first [section]. A note on the node has those that this stack wrote; others stay.
ensure_raw_lines() {
  local conf owned head obsolete missing wanted
  wanted=$(list rawLines)
  conf=$(guest_conf "$CTID")
  owned=$PHOENIX_STATE/guests/$CTID.raw
  [ -e "$owned" ] || : >"$owned"
  lock_conf "$(guest_conf "$CTID")"
  head=$(sed '/^\[/,$d' "$conf")
  obsolete=$(grep -Fxv -f <(printf '%s\n' "$wanted") "$owned" | grep -Fx -f <(printf '%s\n' "$head") || true)
  missing=$(grep . <<<"$wanted" | grep -Fxv -f <(printf '%s\n' "$head") || true)
  if [ -n "$obsolete$missing" ]; then
    note_restart
    write_file "$conf" 640 < <(
      grep -Fxv -f <(printf '%s\n' "${obsolete:-[}") <<<"$head" || true
      [ -z "$missing" ] || printf '%s\n' "$missing"
      if grep -q '^\[' "$conf"; then
        printf '\n'
        sed -n '/^\[/,$p' "$conf"
      fi
    ) || true
    changed "CT $CTID: raw lines"
  fi
  write_file "$owned" <<<"$wanted" || true
  exec 7>&-
}

# The host must permit a container's own id maps: root:HOST:COUNT in /etc/subuid and /etc/subgid.
allow_host_ids() {
  local file=$1 range
  while IFS= read -r range; do
    ! grep -Fxqs -- "root:$range" "$file" || continue
    keep_original "$file"
    write_file "$file" < <(cat "$file" 2>/dev/null || true; printf 'root:%s\n' "$range") || true
    changed "$file: root:$range"
  done < <(list "$2")
}

# All containers share these files.
lock_ids() {
  lock subids 60 8
}

main() {
  local disk='' protect='' devices
  enter_guest configure recreate_from_template
  GUEST="CT $CTID"
  load disk=diskGb protect=protect
  # Everything that would be refused is checked before anything is changed.
  require_bridge
  refuse_to_shrink "root disk of $GUEST" "$(guest_conf "$CTID")" rootfs "$disk" storage_size_gb
  devices=$(wanted_devices) || failed_inside
  want_values
  want_network
  want_tag "$TAG"
  ! is_wanted hostname || note_restart
  if ! unset_keys "$CTID" "${GONE[@]}" || { [ "${#OPTIONS[@]}" -gt 0 ] && ! pve pct set "$CTID" "${OPTIONS[@]}"; }; then
    err "CT $CTID could not be configured; Proxmox VE's message is above"
  fi
  ensure_protection "$protect"
  grow_disk "root disk of $GUEST" "$(guest_conf "$CTID")" rootfs "$disk"
  ensure_devices "$devices"
  lock_ids
  allow_host_ids /etc/subuid hostIds.users
  allow_host_ids /etc/subgid hostIds.groups
  ensure_raw_lines
  report
}

main
