#!/usr/bin/env bash
# What looks at containers and at machines share.
. host/lib/look.sh
. host/lib/once.sh

# By an option of Proxmox VE, the key of the entry that it comes from. Who sources this adds its own; of the rest the option's
# name is the key's.
declare -A KEY_OF=([memory]=memory_mb [startup]='boot_order, boot_delay' [onboot]=start_at_boot)

# as_flag VALUE: of an option that is on or off.
as_flag() { if [ "${1#enabled=}" = 1 ]; then printf true; else printf false; fi; }

# option_differs GUEST OPTION NOW WANTED: in the words of the entry.
option_differs() {
  local word=${KEY_OF[$2]-$2} now=${3:-not set} wanted=${4:-not set}
  case $2 in
    onboot) now=$(as_flag "$3") wanted=$(as_flag "$4") ;;
    acl | backup | console | quota | replicate) [ -z "$3" ] || now=$(as_flag "$3"); [ -z "$4" ] || wanted=$(as_flag "$4") ;;
    description) now='edited by hand' wanted=$AS_WRITTEN ;;
  esac
  differs "$1 $word" "$now" "$wanted"
}

# seen_running, seen_stopped pct|qm ID: as Proxmox VE lists the guest; neither while it does not say.
seen_running() { is_listed "$@" running; }

seen_stopped() { is_listed "$@" stopped; }

# is_listed pct|qm ID POWER
is_listed() {
  local id second third
  answer_once "$1-list" timeout -k 5 20 "$1" list 2>/dev/null || return 1
  while read -r id second third _; do
    [ "$id" != "$2" ] || {
      # pct list has VMID, Status, …; qm list has VMID, NAME, STATUS, …
      [ "$1" = pct ] || second=$third
      [ "$second" = "$3" ]
      return
    }
  done <<<"$ANSWER"
  return 1
}

# What a running guest has not taken up.
STALE=()

# report_stale GUEST
report_stale() {
  local names
  [ "${#STALE[@]}" -gt 0 ] || return 0
  printf -v names ', %s' "${STALE[@]}"
  differs "$1" "running without its wanted ${names:2}" 'restarted with it'
}
