#!/usr/bin/env bash
# Joined between the prelude and a virtual machine's script: what several of them need.

# Set by enter_vm.
VMID=''
NAME=''
TAG=''

# enter_vm STEP: reads the settings, opens the step's log, locks the machine and proves it ours.
enter_vm() {
  need_cmd qm jq
  read_settings
  load VMID=vmid NAME=name TAG=tag
  log_as "vm-$VMID-$1"
  lock "guest-$VMID" 600
  require_ours
}

vm_conf() { printf '/etc/pve/qemu-server/%s.conf\n' "${1:-$VMID}"; }

vm_exists() { [ -e "$(vm_conf "$1")" ]; }

# vm_value VMID KEY: a value of the machine's own configuration, above the first [section].
vm_value() {
  awk -v key="$2" '
    /^\[/ { exit }
    index($0, key ":") == 1 { sub(/^[^:]*:[ \t]*/, ""); print; exit }
  ' "$(vm_conf "$1")"
}

# vm_next KEY: the value that holds from the next start on: what is pending goes before what is.
vm_next() {
  awk -v key="$1" '
    /^\[/ { section = $0; next }
    section == "" && index($0, key ":") == 1 { sub(/^[^:]*:[ \t]*/, ""); value = $0 }
    section == "[PENDING]" && index($0, key ":") == 1 { sub(/^[^:]*:[ \t]*/, ""); value = $0 }
    section == "[PENDING]" && /^delete:/ {
      sub(/^delete:[ \t]*/, ""); n = split($0, gone, ",")
      for (i = 1; i <= n; i++) { sub(/^!/, "", gone[i]); if (gone[i] == key) value = "" }
    }
    END { print value }
  ' "$(vm_conf)"
}

vm_has_tag() { vm_value "$1" tags | tr ';, ' '\n' | grep -Fx -- "$2" >/dev/null; }

vm_running() { [ "$(qm status "$VMID" 2>/dev/null)" = "status: running" ]; }

vm_stopped() { [ "$(qm status "$VMID" 2>/dev/null)" = "status: stopped" ]; }

is_template() { [ "$(vm_value "$VMID" template)" = 1 ]; }

# require_ours: refuses a machine that is not this stack's, by name, and leaves it as it is.
require_ours() {
  vm_exists "$VMID" ||
    err "VM $VMID ($NAME) does not exist on node '$(hostname)' any more; run 'phoenix refresh', then 'phoenix up'"
  vm_has_tag "$VMID" "$TAG" || refuse_foreign "$VMID" "$TAG"
}

refuse_foreign() {
  err "VM $1 already exists on node '$(hostname)' as '$(vm_value "$1" name)' and is not of this stack" \
    "(it has no tag '$2'). It was left untouched. Give the entry another vmid, remove that machine," \
    "or let this stack take it over: pulumi config set --path 'phoenix:adopt[0]' $1"
}

agent_answers() { qm guest cmd "$VMID" ping >/dev/null 2>&1 9>&-; }

# in_vm SECONDS COMMAND ARGUMENT…: runs it in the machine through the guest agent; standard input goes along.
# Its output, and its exit code: 124 when it did not end in time, 255 when the agent could not be asked.
in_vm() {
  local seconds=$1 answer
  shift
  answer=$(qm guest exec "$VMID" --pass-stdin 1 --timeout "$seconds" -- "$@" 3>&- 4>&- 9>&-) || return 255
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
    if pve qm start "$VMID" && wait_for 30 vm_running; then
      changed "started VM $VMID"
      return 0
    fi
    say "VM $VMID did not start (try $try of 3)"
    wait_for 5 vm_running && return 0
  done
  err "VM $VMID ($NAME) does not start; Proxmox VE's message is above"
}

# stop_vm SECONDS: shuts it down; hard when that takes longer.
stop_vm() {
  vm_running || return 0
  pve qm shutdown "$VMID" --timeout "$1" --forceStop 1 || true
  wait_for 30 vm_stopped || err "VM $VMID ($NAME) could not be stopped; Proxmox VE's message is above"
}

# require_agent: a running machine whose agent answers.
require_agent() {
  vm_running || err "VM $VMID ($NAME) does not run; start it: qm start $VMID"
  wait_for 120 agent_answers ||
    err "VM $VMID ($NAME) runs, but its guest agent does not answer after 120 s;" \
      "look inside: qm terminal $VMID, systemctl status qemu-guest-agent"
}

# with_agent: for a step that works inside; one that is stopped is started for it and shut down again afterwards.
with_agent() {
  if is_template; then
    err "VM $VMID ($NAME) is a template and does not run, so nothing in it can change. Take the change back, or have it" \
      "made anew: pulumi config set --path 'phoenix:allowRecreate[0]' $VMID, and remove it when no linked clone lives on it"
  fi
  if ! vm_running; then
    start_vm
    # shellcheck disable=SC2154 # set where it runs
    trap 'code=$?; stop_vm 120; (exit "$code") || log_end' EXIT
  fi
  require_agent
}
