#!/usr/bin/env bash
# A running container. It restarts only for settings that cannot take effect while it runs.
# Settings: step.ts
. container/lib/rollback.sh
set -euo pipefail

needs_restart() { [ -e "$PHOENIX_STATE/guests/$CTID.restart" ] || guest_waits "$CTID"; }

# require_applied: Proxmox VE only warns of pending changes that it could not apply at a start.
require_applied() {
  ! guest_waits "$CTID" ||
    err "CT $CTID was restarted, and this still waits in $(guest_conf "$CTID"): $(sed '1,/^\[pve:pending\]$/d; /^\[/,$d' "$(guest_conf "$CTID")" | grep . | paste -sd ';' -);" \
      "Proxmox VE's message is above. 'pct pending $CTID' lists it"
}

# cannot_start WHAT…: names the cause; lxc itself only says that the start failed.
cannot_start() { err "CT $CTID cannot start: $*. Nothing was changed"; }

# What a start needs: the folders, devices, bridges and storages that its configuration names.
require_startable() {
  local what from place state
  while read -r what from place; do
    case $what in
      mp) [ -e "$from" ] || cannot_start "$from, which is mounted at $place, is not there on $(hostname); make the folder, or take its mount out" ;;
      dev) [ -e "$from" ] || cannot_start "its device $from is not there on $(hostname); load its driver" ;;
      net) [ -d "/sys/class/net/$from" ] || cannot_start "bridge $from of its network does not exist on $(hostname); correct network_config.bridge, or make the bridge" ;;
      storage)
        state=$(pvesm status --storage "$from" 2>&1 9>&-) ||
          cannot_start "storage $from does not answer on $(hostname): $(grep . <<<"$state" | paste -sd ';' - | cut -c 1-300)"
        state=$(awk -v id="$from" '$1 == id { print $3 }' <<<"$state")
        [ "$state" = active ] || cannot_start "storage $from is ${state:-not there} on $(hostname); see 'pvesm status' and 'zpool status'"
        ;;
    esac
  done < <(next_conf "$CTID" | sed -nE \
    -e 's/^mp[0-9]+: *(volume=)?(\/[^,]*).*,mp=([^,]*).*/mp \2 \3/p' \
    -e 's/^dev[0-9]+: *(path=)?(\/[^,]*).*/dev \2/p' \
    -e 's/^net[0-9]+:.*[ ,]bridge=([^,]*).*/net \1/p' \
    -e 's/^(rootfs|mp[0-9]+): *(volume=)?([^\/:,]+):.*/storage \3/p' | sort -u)
}

# report_with_address INTERFACE: the result, with the address that it has inside, or '' for none.
report_with_address() {
  local any=false address
  # shellcheck disable=SC2016 # expanded by the guest's shell
  address=$(inside 'ip -4 -o address show dev "$1"' "$1" 2>/dev/null | sed -nE 's,^.* inet ([0-9.]+/[0-9]+) .*,\1,p' | head -n 1) || address=''
  [ "${#DID[@]}" -eq 0 ] || any=true
  texts_json "${DID[@]}"
  end_with "{\"changed\":$any,\"did\":$TEXTS,\"address\":\"$address\"}"
}

main() {
  local interface=''
  enter_guest start
  load interface=interface
  if ! guest_running "$CTID"; then
    require_startable
    start_guest
  elif needs_restart; then
    require_startable
    pve pct reboot "$CTID" --timeout 120 || err "CT $CTID does not restart; Proxmox VE's message is above"
    wait_for 60 is_up "$CTID" || guest_running "$CTID" || err "CT $CTID did not come back within 60 s of its restart"
    changed "restarted CT $CTID"
    require_applied
  fi
  rm -f "$PHOENIX_STATE/guests/$CTID.restart"
  require_ready "$interface"
  if given addressBy; then report_with_address "$interface"; else report; fi
}

main
