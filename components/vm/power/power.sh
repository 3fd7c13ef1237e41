#!/usr/bin/env bash
# The power state that is asked for; nothing else changes.
# Settings: step.ts
. vm/lib/running.sh
set -euo pipefail

main() {
  local state='' limit='' agent=''
  enter_vm power
  load state=state limit=timeLimit agent=agent
  case $state in
    running)
      vm_running || start_vm
      note_running
      [ "$agent" != true ] || require_agent
      ;;
    stopped)
      if vm_running; then
        stop_vm "$limit"
        changed "shut down VM $VMID"
      fi
      note_stopped
      ;;
  esac
  report
}

main
