#!/usr/bin/env bash
# A machine whose guest agent answers and whose cloud-init has ended: what runs inside next needs both.
# Settings: step.ts
. vm/lib/running.sh
set -euo pipefail

# Of cloud-init: 0 when it is done, 1 when it failed, 2 when it is done with warnings; 127 where there is none.
cloud_init_ended() {
  local code=0
  OUTPUT=$(in_vm "$1" /bin/sh -c 'command -v cloud-init >/dev/null || exit 127; cloud-init status --wait --long' </dev/null) || code=$?
  case $code in
    0 | 2 | 127) return 0 ;;
    124) err "VM $VMID ($NAME): cloud-init has not ended after $1 s; see 'cloud-init status --long' in it: qm terminal $VMID" ;;
    255) err "VM $VMID ($NAME): its guest agent went away while cloud-init ran; run again" ;;
    *) err "VM $VMID ($NAME): cloud-init failed: $(tr '\n' ' ' <<<"$OUTPUT"); see /var/log/cloud-init.log in it, mend cloud_init and run again" ;;
  esac
}

main() {
  local seconds='' OUTPUT=''
  enter_vm agent
  load seconds=seconds
  if ! is_template; then
    resume
    vm_running || err "VM $VMID ($NAME) does not run; start it: qm start $VMID"
    wait_for "$seconds" agent_answers ||
      err "VM $VMID ($NAME) runs, but its guest agent does not answer after $seconds s$(agent_said). cloud-init installs it at the first start:" \
        "does the machine reach its packages? Look inside: qm terminal $VMID. Or set agent to false"
    cloud_init_ended "$seconds"
  fi
  report
}

main
