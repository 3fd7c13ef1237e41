#!/usr/bin/env bash
# What several scripts of virtual machines need.
. guest/lib/conf.sh

# Set by enter_vm.
VMID=''
NAME=''
TAG=''

# enter_vm STEP: reads the settings, opens the step's log, locks the machine and checks that it is ours.
enter_vm() {
  read_settings
  load VMID=vmid NAME=name TAG=tag
  # A look says nothing of a machine that is gone or somebody else's: the preview does, by what Proxmox VE answers.
  if looking; then
    if [ ! -e "$(vm_conf)" ] || ! conf_has_tag "$(vm_conf)" "$TAG"; then "$LOOK"; fi
    return 0
  fi
  need_cmd qm jq
  log_as "vm-$VMID-$1"
  lock "guest-$VMID" 600
  require_ours
  finish_cut_off
}

vm_conf() { printf '/etc/pve/qemu-server/%s.conf\n' "${1:-$VMID}"; }

# The note with the id that was chosen for this name.
reservation_note() { printf '%s/vmids/%s/%s\n' "$PHOENIX_STATE" "$TAG" "$NAME"; }

vm_exists() { conf_exists "$(vm_conf "$1")"; }

# vm_value VMID KEY: a value of the machine's own configuration, above the first [section].
vm_value() { conf_value "$(vm_conf "$1")" "$2"; }

# This note exists from when the machine has all that it needs to run until the step `start` is removed.
standing_note() { printf '%s/guests/vm-%s.standing\n' "$PHOENIX_STATE" "$VMID"; }

# vm_running, vm_stopped: end the step where Proxmox VE does not answer: neither answer may be assumed.
vm_running() { runs qm "$VMID" "VM $VMID ($NAME)"; }

vm_stopped() { ! vm_running; }

# is_up, is_down: for `wait_for`; no error where Proxmox VE does not answer.
is_up() { has_power qm "$VMID" running; }

is_down() { has_power qm "$VMID" stopped; }

# vm_waits: whether changes are pending until its next stop.
vm_waits() { grep -Fxq '[PENDING]' "$(vm_conf)"; }

is_template() { [ "$(vm_value "$VMID" template)" = 1 ]; }

# require_ours: ends the step for a machine that does not exist or is not this stack's.
require_ours() {
  vm_exists "$VMID" ||
    err "VM $VMID ($NAME) does not exist on node '$(hostname)' any more; run 'phoenix refresh', then 'phoenix up'"
  require_tag "$(vm_conf)" "$TAG"
}

# tasks_at_work CONDITION: whether such a task is running; also true where Proxmox VE does not answer. CONDITION is a jq
# filter on {type, id}.
tasks_at_work() {
  local tasks
  tasks=$(pvesh get "/nodes/$(hostname)/tasks" --source active --output-format json 9>&-) || return 0
  jq -e "any(.[] | select(.endtime == null); $1)" >/dev/null <<<"$tasks"
}

at_rest() { ! tasks_at_work ".id == \"$VMID\""; }

# Proxmox VE locks a machine's configuration while it takes or removes a snapshot, and the lock stays if its worker dies.
# This note marks the lock as ours; one of somebody else is never removed.
locking_note() { printf '%s/guests/vm-%s.locking\n' "$PHOENIX_STATE" "$VMID"; }

unlocked() { [ -z "$(vm_value "$VMID" lock)" ]; }

# locking COMMAND…: runs a Proxmox VE command that sets such a lock; some leave it when they fail.
locking() {
  local code=0
  wait_for 60 unlocked || return 1
  mkdir -p "$PHOENIX_STATE/guests"
  write_file "$(locking_note)" 600 <<<"$*" || true
  pve "$@" || code=$?
  ! unlocked || remove_file "$(locking_note)"
  return "$code"
}

# finish_cut_off: waits for an interrupted command of ours to end, and removes its lock.
finish_cut_off() {
  local what
  what=$(cat "$(locking_note)" 2>/dev/null) || return 0
  wait_for 600 at_rest || err "VM $VMID ($NAME): '$what' of an earlier run has not ended after 600 s; look at the node's tasks, and run again"
  case $(vm_value "$VMID" lock) in
    snapshot | snapshot-delete)
      qm unlock "$VMID" || err "VM $VMID ($NAME) could not be unlocked after '$what' was cut off; Proxmox VE's message is above"
      say "unlocked VM $VMID: '$what' of an earlier run was cut off"
      ;;
  esac
  remove_file "$(locking_note)"
}

is_our_snapshot() {
  awk -v section="[$1]" '/^\[/ { inside = ($0 == section) } inside && /^#made by Phoenix/ { found = 1 } END { exit !found }' "$(vm_conf)"
}

# drop_snapshot NAME: with --force for an incomplete one, which not all disks have.
drop_snapshot() {
  local -a force=()
  [ -z "$(conf_snapshot "$(vm_conf)" "$1")" ] || force=(--force 1)
  locking qm delsnapshot "$VMID" "$1" "${force[@]}" ||
    err "snapshot '$1' of VM $VMID ($NAME) could not be removed; Proxmox VE's message is above$(lock_hint "$(vm_conf)")"
}
