#!/usr/bin/env bash
# The power state that is asked for; nothing else changes.
# Settings: {vmid, name, tag, state: running|stopped, timeLimit: seconds of a shutdown}
set -euo pipefail

main() {
  local state='' limit=''
  enter_vm power
  load state=state limit=timeLimit
  case $state in
    running)
      vm_running || start_vm
      ;;
    stopped)
      if vm_running; then
        stop_vm "$limit"
        changed "shut down VM $VMID"
      fi
      ;;
  esac
  report
}

main
