#!/usr/bin/env bash
# What several scripts of containers need.
. guest/lib/conf.sh

# Set by enter_guest.
CTID='' TAG=''

# Names of functions, set by rollback.sh: called before a step, and after one that failed.
BEFORE_STEP='' AFTER_FAILURE=''

# enter_guest STEP [MAKE]: reads the settings, opens the step's log, locks the guest and checks that it is ours. If it
# does not exist, MAKE is called first.
enter_guest() {
  read_settings
  load CTID=ctid TAG=tag
  # A look says nothing of a container that is gone or somebody else's: the preview does, by what Proxmox VE answers.
  if looking; then
    if [ ! -e "$(guest_conf "$CTID")" ] || ! conf_has_tag "$(guest_conf "$CTID")" "$TAG"; then "$LOOK"; fi
    return 0
  fi
  need_cmd pct jq
  log_as "ct-$CTID-$1"
  lock "guest-$CTID" 600
  if [ -n "${2:-}" ] && ! guest_exists "$CTID"; then "$2"; fi
  require_ours "$CTID" "$TAG"
  if [ -n "$BEFORE_STEP" ]; then "$BEFORE_STEP"; fi
  trap leave_step EXIT
}

# leave_step: the EXIT trap of a step. Shows why the step failed, then rolls the container back to its savepoint, if
# rollback.sh is sourced and there is a savepoint.
leave_step() {
  local code=$?
  trap - EXIT
  [ "$code" -ne 0 ] || exit 0
  ( (exit "$code") || log_end) || true
  # The locks of the configuration and of the id maps: the roll-back takes the first again, other steps wait for the second.
  exec 7>&- 8>&-
  if [ -n "$AFTER_FAILURE" ]; then "$AFTER_FAILURE"; fi
  exit "$code"
}

guest_conf() { printf '/etc/pve/lxc/%s.conf\n' "$1"; }

# guest_value CTID KEY: a value of the container's own configuration, above the first [section].
guest_value() { conf_value "$(guest_conf "$1")" "$2"; }

# clear_snapshot CTID NAME: removes an incomplete snapshot.
clear_snapshot() {
  pct unlock "$1" || true
  pve pct delsnapshot "$1" "$2" --force 1
}

guest_exists() { conf_exists "$(guest_conf "$1")"; }

# host_folders CTID: the host's folders that are mounted in it, in one line; '' for none.
host_folders() { sed '/^\[/,$d' "$(guest_conf "$1")" | sed -nE 's,^mp[0-9]+: *(volume=)?(/[^\,]*).*,\2,p' | paste -sd ' ' -; }

# require_ours CTID TAG: ends the step for a container that does not exist or is not this stack's.
require_ours() {
  guest_exists "$1" || CODE=3 err "CT $1 does not exist on node '$(hostname)' any more; run 'phoenix refresh', then 'phoenix up'"
  require_tag "$(guest_conf "$1")" "$2"
}

# require_id CTID: VMs and containers of all the cluster's nodes share one range of ids.
require_id() {
  local conf node
  [ ! -e "/etc/pve/qemu-server/$1.conf" ] ||
    err "id $1 is taken by VM '$(sed -n 's/^name: *//p;/^\[/q' "/etc/pve/qemu-server/$1.conf")' on node '$(hostname)';" \
      "it was left untouched. Give the entry another CTID."
  [ ! -e "$(guest_conf "$1")" ] || return 0
  for conf in /etc/pve/nodes/*/{lxc,qemu-server}/"$1".conf; do
    [ -e "$conf" ] || continue
    node=${conf#/etc/pve/nodes/}
    err "id $1 is taken by $(case $conf in */lxc/*) echo CT ;; *) echo VM ;; esac) '$(sed -n -E 's/^(hostname|name): *//p;/^\[/q' "$conf")'" \
      "on node '${node%%/*}' of this cluster; it was left untouched. Give the entry another CTID."
  done
  # The cluster's own list also has the guests of nodes that do not answer.
  node=$(jq -r --arg id "$1" '.ids[$id].node // ""' /etc/pve/.vmlist 2>/dev/null) || node=''
  [ -z "$node" ] ||
    err "id $1 is taken by a guest of node '$node' of this cluster; it was left untouched. Give the entry another CTID."
}

# The container's own volumes by name: NAME<TAB>VOLUME<TAB>keep|destroy.
volumes_file() { printf '%s/guests/%s.volumes\n' "$PHOENIX_STATE" "$1"; }

# This note exists from when the container has all of its mounts until the step `mounts` is removed.
standing_note() { printf '%s/guests/%s.standing\n' "$PHOENIX_STATE" "$1"; }

# volumes_to_keep CTID: volumes that are kept when the container is deleted, one a line: all but those that our note marks
# `destroy`. So volumes of somebody else are kept, and all of them where the note is lost.
volumes_to_keep() {
  local going
  going=$(awk -F '\t' '$3 == "destroy" { print $2 }' "$(volumes_file "$1")" 2>/dev/null) || true
  sed -nE 's,^(mp|unused)[0-9]+: *(volume=)?([^/\,:]+:[^\,]+).*,\3,p' "$(guest_conf "$1")" | sort -u | grep -Fxv -- "${going:-/}" || true
}

# take_out_volumes CTID VOLUMES: takes them, one a line, out of its configuration. Proxmox VE destroys exactly the volumes that it
# names.
take_out_volumes() {
  local conf text
  conf=$(guest_conf "$1")
  [ -n "$2" ] || return 0
  text=$(awk -v kept="$2" '
    BEGIN { n = split(kept, list, "\n"); for (i = 1; i <= n; i++) keep[list[i]] = 1 }
    /^(mp|unused)[0-9]+:/ { split($2, part, ","); sub(/^volume=/, "", part[1]); if (part[1] in keep) next }
    { print }' "$conf")
  write_file "$conf" 640 <<<"$text" || true
  changed "CT $1: its volumes $(paste -sd' ' <<<"$2") are kept"
}

# keep_volumes CTID: takes those that are kept when it is deleted out of its configuration.
keep_volumes() { take_out_volumes "$1" "$(volumes_to_keep "$1")"; }

# This note exists while the container's entry says protect.
protected_note() { printf '%s/guests/%s.protected\n' "$PHOENIX_STATE" "$1"; }

# refuse_protected CTID: every script that deletes a container calls it first.
refuse_protected() {
  [ ! -e "$(protected_note "$1")" ] ||
    err "CT $1 is protected (protect in its entry): nothing of it was changed. If it may go, set protect to false" \
      "and run 'phoenix up $1' first"
}
