#!/usr/bin/env bash
# A container's power, what waits for its next stop, and what runs in it.
# shellcheck disable=SC2153 # guest.sh sets CTID
. guest/lib/values.sh
. container/lib/guest.sh

# guest_running CTID: ends the step where Proxmox VE does not answer: neither answer may be assumed.
guest_running() { runs pct "$1" "CT $1"; }

# is_up, is_down CTID: for `wait_for`; no error where Proxmox VE does not answer.
is_up() { has_power pct "$1" running; }

is_down() { has_power pct "$1" stopped; }

# next_conf, now_conf CTID: the container's own lines as they hold from its next stop on, and until then.
next_conf() { read_guest "$(guest_conf "$1")" && lines_next; }

now_conf() { read_guest "$(guest_conf "$1")" && lines_now; }

# guest_next CTID KEY: the value that holds from the container's next stop on.
guest_next() {
  read_guest "$(guest_conf "$1")" && next_value "$2"
  [ -z "$VALUE" ] || printf '%s\n' "$VALUE"
}

# guest_waits CTID: whether changes are pending until its next stop.
guest_waits() { grep -Fxq '[pve:pending]' "$(guest_conf "$1")"; }

# unset_keys CTID KEY…: at once, or, where Proxmox VE cannot do that, pending until the container's next stop.
unset_keys() {
  local ctid=$1 key
  local -a waiting=() there=()
  shift
  for key; do
    ! sed '1,/^\[pve:pending\]$/d; /^\[/,$d' "$(guest_conf "$ctid")" | grep "^$key:" >/dev/null || waiting+=("$key")
    [ -z "$(guest_value "$ctid" "$key")" ] || there+=("$key")
  done
  # A pending value would be set after the removal.
  [ "${#waiting[@]}" -eq 0 ] || pve pct set "$ctid" --revert "$(IFS=,; printf '%s' "${waiting[*]}")" || return 1
  [ "${#there[@]}" -eq 0 ] || pve pct set "$ctid" --delete "$(IFS=,; printf '%s' "${there[*]}")"
}

start_guest() {
  local try
  for try in 1 2 3; do
    if pve pct start "$CTID" && wait_for 30 is_up "$CTID"; then
      changed "started CT $CTID"
      return 0
    fi
    # If Proxmox VE does not answer, guest_running says so: another start would not help.
    if guest_running "$CTID"; then return 0; fi
    say "CT $CTID did not start (try $try of 3)"
    # Five seconds between tries, ended early when it comes up after all.
    wait_for 5 is_up "$CTID" && return 0
  done
  err "CT $CTID does not start; its messages are above, more in 'pct start $CTID --debug'"
}

# in_ct SECONDS COMMAND…: runs it in the container, with standard input; 124 when it has not ended in that time. The
# time limit is enforced on the node: what is inside may hang, or have no `timeout`.
in_ct() { timeout -k 10 "$1" pct exec "$CTID" -- "${@:2}" 3>&- 4>&- 9>&-; }

# inside SCRIPT ARGUMENT…: for quick read-only commands.
inside() { in_ct 60 /bin/sh -c "$1" sh "${@:2}" </dev/null; }

# Whether systemd inside has started everything; true for any other init.
init_ended() {
  # shellcheck disable=SC2016 # expanded by the guest's shell
  inside 'command -v systemctl >/dev/null || exit 0
    case $(systemctl is-system-running 2>/dev/null) in running | degraded) ;; *) exit 1 ;; esac'
}

has_address() {
  # shellcheck disable=SC2016 # expanded by the guest's shell
  inside 'command -v ip >/dev/null || exit 0; ip -4 -o address show dev "$1" | grep inet >/dev/null' "$1"
}

# address_by: who gives the container its IPv4 address: `dhcp`, `manual`, or '' where its configuration has it.
address_by() {
  case ",$(guest_value "$CTID" net0)," in *,ip=dhcp,*) printf dhcp ;; *,ip=[0-9]*) ;; *) printf manual ;; esac
}

# What runs inside next needs both, and a container may run without either. Nobody knows whether somebody inside sets an address.
require_ready() {
  local by more=''
  by=$(address_by)
  wait_for 120 init_ended ||
    err "CT $CTID runs, but its init has not ended its start after 120 s; see 'pct exec $CTID -- systemctl list-jobs'"
  [ "$by" != dhcp ] || more=': does a DHCP server answer on its bridge?'
  [ "$by" = manual ] || wait_for 60 has_address "$1" ||
    err "CT $CTID runs, but its $1 has no address after 60 s${more:-;} see 'pct exec $CTID -- ip address'"
}

# This note exists while the step `power` keeps the container stopped.
stopped_note() { printf '%s/guests/%s.stopped\n' "$PHOENIX_STATE" "$1"; }

# wake: starts a container that is kept stopped, for steps that work inside it. The step `power` stops it again.
wake() {
  [ -e "$(stopped_note "$CTID")" ] || return 0
  guest_running "$CTID" || start_guest
  require_ready "$(guest_value "$CTID" net0 | tr ',' '\n' | sed -n 's/^name=//p')"
}

# forget_notes CTID: all that the node noted of a container that goes. The note about kept volumes stays: the next container
# under this CTID mounts them again.
forget_notes() {
  [ -d "$PHOENIX_STATE/guests" ] || return 0
  find "$PHOENIX_STATE/guests" -maxdepth 1 \( -name "$1.*" -o -name ".phoenix.$1.*" \) ! -name "$1.volumes" -delete
}
