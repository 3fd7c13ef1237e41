#!/usr/bin/env bash
# A container as a full clone of another one's snapshot. Clones of one source are made one at a time.
# Settings: step.ts
. container/lib/running.sh
set -euo pipefail

# The note that a clone was begun. A container with this note and Proxmox VE's own lock is what an interrupted run left;
# one without that lock belongs to whom its tag says.
begun() { printf '%s/guests/%s.cloning\n' "$PHOENIX_STATE" "$1"; }

half_made() { [ -e "$(begun "$1")" ] && [ "$(guest_value "$1" lock)" = create ]; }

not_half_made() { ! half_made "$1"; }

clear_half_made() {
  local ctid=$1
  say "CT $ctid was left half made by a run that was cut off: recreated"
  pct unlock "$ctid" || true
  pve pct destroy "$ctid" --force 1 --purge 1
  changed "removed half-made CT $ctid"
}

make_clone() {
  local ctid=$1 source=$2 snapshot=$3 hostname=$4 storage=$5 tags=$6
  guest_exists "$source" || err "CT $source, which CT $ctid is cloned from, does not exist on this node"
  conf_has_snapshot "$(guest_conf "$source")" "$snapshot" || err "CT $source has no snapshot '$snapshot' to clone CT $ctid from"
  : >"$(begun "$ctid")"
  # Descriptor 9 has the guest's lock. The source's lock is on 8, and only while the source is copied.
  acquire_lock 8 "clone-$source" 3600 ||
    err "clones of CT $source wait for more than an hour$(holder "clone-$source"); look at the node's tasks"
  pve pct clone "$source" "$ctid" --snapname "$snapshot" --full 1 --hostname "$hostname" --storage "$storage" 8>&- || {
    half_made "$ctid" || rm -f "$(begun "$ctid")"
    err "CT $source could not be cloned to CT $ctid; Proxmox VE's message is above"
  }
  exec 8>&-
  end_clone "$ctid" "$source" "$tags"
  changed "cloned CT $ctid from CT $source@$snapshot"
}

# end_clone CTID SOURCE TAGS: gives a finished clone its own tags and notes; until then it has its source's tags.
end_clone() {
  write_file "$PHOENIX_STATE/guests/$1.source" <<<"$2" || true
  # The clone has its source's raw lines, options and root: they are this stack's too.
  [ ! -e "$PHOENIX_STATE/guests/$2.raw" ] ||
    write_file "$PHOENIX_STATE/guests/$1.raw" <"$PHOENIX_STATE/guests/$2.raw" || true
  [ ! -e "$PHOENIX_STATE/guests/$2.options" ] ||
    write_file "$PHOENIX_STATE/guests/$1.options" <"$PHOENIX_STATE/guests/$2.options" || true
  [ ! -e "$PHOENIX_STATE/guests/$2.root-access" ] ||
    write_file "$PHOENIX_STATE/guests/$1.root-access" 600 <"$PHOENIX_STATE/guests/$2.root-access" || true
  pve pct set "$1" --tags "$3"
  rm -f "$(begun "$1")"
}

main() {
  need_cmd pct
  read_settings
  local ctid='' source='' snapshot='' hostname='' storage='' tag='' incarnation='' adopt=''
  load ctid=ctid source=source snapshot=snapshot hostname=hostname storage=storage tag=tag incarnation=incarnation adopt=adopt
  log_as "ct-$ctid-define"
  lock "guest-$ctid" 3600
  require_id "$ctid"
  if guest_exists "$ctid"; then
    # An earlier run of ours would still hold the guest's lock, so it is somebody else who is creating it.
    wait_for 10 not_half_made "$ctid" || clear_half_made "$ctid"
  fi
  if [ -e "$(begun "$ctid")" ] && guest_exists "$ctid" && conf_has_tag "$(guest_conf "$ctid")" "$tag"; then
    end_clone "$ctid" "$source" "$tag${incarnation:+;$incarnation}"
    changed "cloned CT $ctid from CT $source: a run that was cut off had left it without its tags"
  fi
  if ! guest_exists "$ctid"; then
    refuse_moved "$(guest_conf "$ctid")" "$hostname" "$tag"
    make_clone "$ctid" "$source" "$snapshot" "$hostname" "$storage" "$tag${incarnation:+;$incarnation}"
  else
    require_or_take_over "$(guest_conf "$ctid")" "$tag" "$adopt"
  fi
  report
}

main
