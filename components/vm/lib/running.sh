#!/usr/bin/env bash
# A machine's power, and what runs in it.
. vm/lib/vm.sh

# What Proxmox VE said when it last asked a guest agent that did not answer.
AGENT_SAID=''

agent_answers() { AGENT_SAID=$(timeout -k 5 30 qm guest cmd "$VMID" ping 2>&1 9>&-); }

# agent_said: for an error; '' for what it says of every agent that is not there.
agent_said() {
  case $AGENT_SAID in
    '' | *'QEMU guest agent is not running'*) ;;
    *) printf " (Proxmox VE says: %s)" "$(grep . <<<"$AGENT_SAID" | paste -sd ';' - | cut -c 1-300)" ;;
  esac
}

# in_vm SECONDS COMMAND ARGUMENT…: runs it in the machine through the guest agent; standard input goes along.
# Its output, and its exit code: 124 when it did not end in time, 255 when the agent could not be asked.
IN_VM_GRACE=60
in_vm() {
  local seconds=$1 answer
  shift
  # The time limit is enforced on the node too: an agent may accept the command and never answer again.
  answer=$(timeout -k 10 $((seconds + IN_VM_GRACE)) qm guest exec "$VMID" --pass-stdin 1 --timeout "$seconds" -- "$@" 3>&- 4>&- 9>&-) || return 255
  # shellcheck disable=SC2016 # a program of jq
  jq -j '(."out-data" // ""), (."err-data" // "")' <<<"$answer"
  return "$(jq -r 'if (.exited // 0) == 0 or .exited == false then 124
    elif .exitcode != null then .exitcode
    elif .signal != null then 128 + .signal else 255 end' <<<"$answer")"
}

# start_vm: starts it, three tries; Proxmox VE's own words stand in the log.
start_vm() {
  local try
  for try in 1 2 3; do
    if pve qm start "$VMID" && wait_for 30 is_up; then
      changed "started VM $VMID"
      return 0
    fi
    # If Proxmox VE does not answer, guest_running says so: another start would not help.
    if vm_running; then return 0; fi
    say "VM $VMID did not start (try $try of 3)"
    wait_for 5 is_up && return 0
  done
  err "VM $VMID ($NAME) does not start; Proxmox VE's message is above$(lock_hint "$(vm_conf)")"
}

# stop_vm SECONDS: shuts it down; hard when that takes longer.
stop_vm() {
  vm_running || return 0
  pve qm shutdown "$VMID" --timeout "$1" --forceStop 1 || true
  wait_for 30 is_down || vm_stopped || err "VM $VMID ($NAME) could not be stopped; Proxmox VE's message is above$(lock_hint "$(vm_conf)")"
}

# require_agent: a running machine whose agent answers.
require_agent() {
  vm_running || err "VM $VMID ($NAME) does not run; start it: qm start $VMID"
  wait_for 120 agent_answers ||
    err "VM $VMID ($NAME) runs, but its guest agent does not answer after 120 s$(agent_said);" \
      "look inside: qm terminal $VMID, systemctl status qemu-guest-agent"
}

# This note exists while a step has started a machine that is to be stopped: after an interrupted run, the next one stops
# the machine.
woken_note() { printf '%s/guests/vm-%s.woken\n' "$PHOENIX_STATE" "$VMID"; }

sleep_again() {
  stop_vm 120
  rm -f "$(woken_note)"
}

# This note exists while a change waits for the machine's next start.
restart_note() { printf '%s/guests/vm-%s.restart\n' "$PHOENIX_STATE" "$VMID"; }

# The note with the node's boot id of when a step left the machine running.
running_note() { printf '%s/guests/vm-%s.running\n' "$PHOENIX_STATE" "$VMID"; }

# note_running, note_stopped: note the state in which the step leaves the machine.
note_running() {
  mkdir -p "$PHOENIX_STATE/guests"
  write_file "$(running_note)" 600 </proc/sys/kernel/random/boot_id || true
  rm -f "$(woken_note)"
}

note_stopped() { remove_file "$(running_note)" && rm -f "$(woken_note)"; }

# resume: starts a machine that went down with the node and was not started with it. One that somebody stopped stays so.
resume() {
  if [ ! -e "$(running_note)" ] || [ -e "$(woken_note)" ] || vm_running; then return 0; fi
  if [ "$(cat "$(running_note)")" = "$(cat /proc/sys/kernel/random/boot_id)" ]; then
    note_stopped
  else
    start_vm
    note_running
  fi
}

# with_agent: for steps that work inside: starts a stopped machine, and shuts it down again when the step ends.
with_agent() {
  if is_template; then
    err "VM $VMID ($NAME) is a template and does not run, so nothing in it can change. Take the change back, or have it" \
      "recreated: pulumi config set --path 'phoenix:allowRecreate[0]' $VMID, and remove it when no linked clone lives on it"
  fi
  resume
  if [ -e "$(woken_note)" ] || ! vm_running; then
    mkdir -p "$PHOENIX_STATE/guests"
    : >"$(woken_note)"
    # shellcheck disable=SC2154 # set where it runs
    trap 'code=$?; sleep_again; (exit "$code") || log_end' EXIT
    vm_running || start_vm
  fi
  require_agent
}
