#!/usr/bin/env bash
# Sets the datacenter's firewall. Where it is on, each change has a guard that undoes it by itself unless the next step
# confirms it over a new connection.
# Settings: step.ts
. hypervisor/lib/guarded.sh
. hypervisor/datacenter-firewall/cluster-fw.sh
set -euo pipefail

WRITTEN=0

# counting: the value of `enable` until the change is confirmed: a time, from which pve-firewall is on for one minute only,
# so that even a node that loses its power meanwhile is reachable again. proxmox-firewall knows only 0 and 1.
counting() {
  if uses_nftables; then echo 1; else echo $(($(date +%s) + GUARD_SECONDS - 30)); fi
}

require_service() {
  local said
  need_cmd pve-firewall
  said=$(pve-firewall status 2>/dev/null) || err "'pve-firewall status' failed on $(hostname); nothing was changed"
  [[ $said == *"/running"* ]] ||
    err "the service pve-firewall does not run on $(hostname), so no rule would count; nothing was changed: 'systemctl status pve-firewall' tells why"
}

# refused: errors of Proxmox VE about our lines, which it would skip: the place, and below it what is wrong.
refused() {
  local line number ours=''
  while IFS= read -r line; do
    case $line in
      "$CLUSTER_FW (line "*)
        number=${line#"$CLUSTER_FW (line "}
        ours=''
        ! grep -Eq '# phoenix(:.*)?$|^(enable|policy_in|policy_out):' < <(sed -n "${number%%)*}p" "$CLUSTER_FW") || ours=yes
        ;;
      '  '*) ;;
      *) ours='' ;;
    esac
    [ -z "$ours" ] || printf '%s\n' "${line#"$CLUSTER_FW" }"
  done < <(pve-firewall status 2>&1 >/dev/null 9>&-)
}

# in_force: whether the service has applied the file. pve-firewall reads it every ten seconds, proxmox-firewall every five.
in_force() {
  local said
  if uses_nftables; then
    [ "$SECONDS" -ge $((WRITTEN + 12)) ]
  else
    said=$(pve-firewall status 2>/dev/null 9>&-) && [[ $said != *'pending changes'* ]]
  fi
}

# remember: keeps the present file, to undo the change.
remember() {
  mkdir -p "$GUARD_STATE"
  rm -f "$GUARD_STATE/before"
  [ ! -e "$CLUSTER_FW" ] || cat "$CLUSTER_FW" >"$GUARD_STATE/before"
  open_change
}

switch_on() {
  local said text
  text=$(wanted_text "$(counting)")
  remember
  if ! start_guard "$PHOENIX_LOGS/datacenter-firewall.log"; then
    close_change
    err "the guard of $GUARDED did not start; nothing was changed"
  fi
  put_firewall <<<"$text"
  note_written
  WRITTEN=$SECONDS
  said=$(refused)
  if [ -n "$said" ]; then
    stop_guard "Proxmox VE does not take a rule"
    err "Proxmox VE does not take what firewall says: $(paste -sd ' ' - <<<"$said"); $CLUSTER_FW is as it was"
  fi
  wait_for 35 in_force || say "pve-firewall still has changes to make after 35 s; what it has made by now is confirmed"
  changed "$GUARDED is on, $(list rules | grep -c . || true) rules, until it is confirmed for at most $GUARD_SECONDS s"
}

# tell_firewall ENABLE: which of its options and rules are not as they are to be.
tell_firewall() {
  local line index now='' before=${#FOUND[@]} # of host/lib/look.sh
  local -a is=() to_be=()
  mapfile -t is < <(firewall_text "$CLUSTER_FW" | state_of)
  mapfile -t to_be < <(wanted_text "$1" | state_of)
  for index in 0 1 2; do
    now=${is[index]#*: }
    line=${to_be[index]}
    [ "${is[index]}" = "$line" ] || differs "$CLUSTER_FW ${line%%: *}" "${now:-missing}" "${line#*: }"
  done
  for line in "${to_be[@]:3}"; do
    [[ $'\n'$(printf '%s\n' "${is[@]:3}") == *$'\n'"$line"* ]] || differs "$CLUSTER_FW rule '$line'" missing there
  done
  [ "${#FOUND[@]}" -gt "$before" ] || differs "rules of $CLUSTER_FW" 'others, or in another order' "$AS_WRITTEN"
}

main() {
  read_settings
  read_firewall
  local wanted=0 text
  [ "$ENABLED" != true ] || wanted=1
  lock datacenter-firewall 300
  looking || end_open_change
  if holds "$wanted"; then
    report
    return 0
  fi
  ! looking || tell_firewall "$wanted"
  [ "$ENABLED" != true ] || require_service
  ! looking || report
  [ ! -e /etc/pve/corosync.conf ] ||
    say "warning: this node is in a cluster: $CLUSTER_FW counts on all of its nodes"
  keep_original "$CLUSTER_FW"
  if [ "$ENABLED" = true ]; then
    mkdir -p "$PHOENIX_LOGS"
    switch_on
  else
    mkdir -p "$GUARD_STATE"
    text=$(wanted_text 0)
    put_firewall <<<"$text"
    note_written
    changed "$GUARDED is off"
  fi
  report
}

main
