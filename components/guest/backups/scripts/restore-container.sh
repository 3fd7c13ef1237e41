#!/usr/bin/env bash
# Brings a container back from a backup. Volumes that the backup does not have are taken out of the container before, as
# Proxmox VE destroys all that it names, and are mounted again behind.
# Settings: RestoreSettings in ../settings.ts. Result: {"did": [text]}, or the plan
. container/lib/running.sh
. guest/backups/scripts/archive.sh
set -euo pipefail

# The configuration of before, or the backup's where there is no container.
BEFORE=''
# For `pct restore`: where root disk and volumes go.
PLACES=()
# Keys and values of mounts that are put back behind, and volumes that are taken out before.
AGAIN=() TAKEN=()
BACK=() STAYS=() LOST=()

# source_of MOUNT, options_of MOUNT: the volume or folder, and what stands behind it.
source_of() { local first=${1%%,*}; printf '%s\n' "${first#volume=}"; }

options_of() { case $1 in *,*) printf '%s\n' "${1#*,}" ;; esac; }

# inside_at MOUNT: its place in the container.
inside_at() { tr ',' '\n' <<<"$1" | sed -n 's/^mp=//p'; }

# in_backup PLACE: the backup has the volume that was mounted there; its line.
in_backup() {
  local line
  while IFS= read -r line; do
    if [[ ,$line, == *,backup=1,* ]] && [ "$(inside_at "$line")" = "$1" ]; then
      printf '%s\n' "$line"
      return 0
    fi
  done < <(own_lines "$BACKED_UP" | sed -nE 's/^mp[0-9]+: *//p')
  return 1
}

# place KEY NOW STORED STORAGE: the disk is made anew on its storage, with the larger of both sizes.
place() {
  local storage size text
  storage=${4:-$(source_of "$2")}
  size=$({ size_of "$2"; size_of "$3"; } | sort -g | tail -n 1)
  text=$(options_of "$2" | tr ',' '\n' | grep -v '^size=' | paste -sd, - || true)
  PLACES+=("--$1" "${storage%%:*}:${size:-4}${text:+,$text}")
}

read_plan() {
  local storage=$1 line key value source stored
  line=$(line_of "$BEFORE" rootfs)
  BACK+=("root disk $(source_of "$line")")
  place rootfs "$line" "$(line_of "$BACKED_UP" rootfs)" "$storage"
  while IFS= read -r line; do
    key=${line%%:*} value=${line#*:}
    value=${value# }
    source=$(source_of "$value")
    if [[ $key == unused* ]]; then
      TAKEN+=("$source")
      STAYS+=("volume $source, which is mounted nowhere")
    elif [[ $source != /* ]] && stored=$(in_backup "$(inside_at "$value")"); then
      BACK+=("volume $source at $(inside_at "$value")")
      place "$key" "$value" "$stored" "$storage"
    else
      AGAIN+=("$key" "$value")
      STAYS+=("$source at $(inside_at "$value")")
      [[ $source == /* ]] || TAKEN+=("$source")
    fi
  done < <(own_lines "$BEFORE" | grep -E '^(mp|unused)[0-9]+:' || true)
}

# put_back: nothing was destroyed yet: the container is as it was.
put_back() {
  local conf
  conf=$(guest_conf "$CTID")
  [ -e "$conf" ] && [ "$(guest_value "$CTID" rootfs)" = "$(line_of "$BEFORE" rootfs)" ] || return 1
  write_file "$conf" 640 <<<"$BEFORE" || true
  rm -f -- "$(before_note "$CTID")"
}

# bring_back FROM RUNNING
bring_back() {
  local name
  verify_backup "$1"
  if [ -e "$(guest_conf "$CTID")" ]; then
    # Proxmox VE's own lock of a restore that was killed.
    [ ! -e "$(before_note "$CTID")" ] || [ "$(guest_value "$CTID" lock)" != create ] || pct unlock "$CTID"
    keep_before "$CTID" "$(guest_conf "$CTID")"
    if [ "$2" = true ]; then
      pve pct shutdown "$CTID" --forceStop 1 --timeout 120 || true
      wait_for 30 is_down "$CTID" || err "CT $CTID could not be stopped; Proxmox VE's message is above. Nothing else was changed"
    fi
    for name in "${LOST[@]}"; do
      pve pct delsnapshot "$CTID" "$name" || err "snapshot '$name' of CT $CTID could not be removed; Proxmox VE's message is above. Does a linked clone stand on it?"
    done
    take_out_volumes "$CTID" "$(printf '%s\n' "${TAKEN[@]}")"
  fi
  if ! pct restore "$CTID" "$1" --force 1 "${PLACES[@]}" 9>&-; then
    ! put_back || err "CT $CTID could not be brought back, and is as it was; Proxmox VE's message is above"
    err "CT $CTID could not be brought back, and is gone; Proxmox VE's message is above. What the backup does not have is kept (${TAKEN[*]:-nothing}):" \
      "put the cause right, and run the same again"
  fi
  changed "brought CT $CTID back from $1"
}

# follow_volumes: our note of the container's volumes has those that were made anew.
follow_volumes() {
  local file key value old new text
  file=$(volumes_file "$CTID")
  [ -e "$file" ] || return 0
  while IFS= read -r value; do
    key=${value%%:*}
    old=$(source_of "$(line_of "$BEFORE" "$key")") new=$(source_of "$(guest_value "$CTID" "$key")")
    if [ -z "$old" ] || [ -z "$new" ] || [ "$old" = "$new" ]; then continue; fi
    text=$(awk -F '\t' -v OFS='\t' -v old="$old" -v new="$new" '$2 == old { $2 = new } { print }' "$file")
    write_file "$file" 600 <<<"$text" || true
  done < <(own_lines "$BEFORE" | grep -E '^mp[0-9]+:' || true)
}

# complete TAGS KNOWN: what Proxmox VE takes from nowhere.
complete() {
  local index
  pve pct set "$CTID" --tags "$1" || err "CT $CTID is back, but its tags could not be set; run the same again"
  for ((index = 0; index < ${#AGAIN[@]}; index += 2)); do
    [ -z "$(guest_value "$CTID" "${AGAIN[index]}")" ] || continue
    pve pct set "$CTID" "--${AGAIN[index]}" "${AGAIN[index + 1]}" ||
      left_out "$2" "CT $CTID" "$(source_of "${AGAIN[index + 1]}") at $(inside_at "${AGAIN[index + 1]}")"
  done
  follow_volumes
}

main() {
  need_cmd pct pvesm jq
  read_settings
  local from='' storage='' plan='' others='' present=false known=false running=false tags=''
  load CTID=id TAG=tag from=from storage=storage plan=plan others=force
  lock "guest-$CTID" 600
  require_id "$CTID"
  read_backup "$from" CT "$CTID" "$others"
  if exists_as_ours "$(guest_conf "$CTID")" "$TAG"; then
    present=true
    refuse_protected "$CTID"
    [ "$(guest_value "$CTID" template)" != 1 ] || err "CT $CTID is a template: containers may stand on its disk. Nothing was changed"
    ! guest_running "$CTID" || running=true
    tags=$(guest_value "$CTID" tags)
    mapfile -t LOST < <(snapshots_of "$(guest_conf "$CTID")")
    BEFORE=$(<"$(guest_conf "$CTID")")
  fi
  # A restore that was cut off has taken parts out already.
  [ ! -e "$(before_note "$CTID")" ] || BEFORE=$(<"$(before_note "$CTID")")
  if [ -n "$BEFORE" ]; then known=true; else BEFORE=$BACKED_UP; fi
  read_plan "$storage"
  if [ "$plan" = true ]; then
    end_with "$(plan_json "$present" "$running")"
    return
  fi
  bring_back "$from" "$running"
  complete "$(tags_for "$TAG" "$tags")" "$known"
  rm -f -- "$(before_note "$CTID")"
  [ "$running" = false ] || start_guest
  report
}

main
