#!/usr/bin/env bash
# A machine that works: its health check succeeds inside it.
# Settings: step.ts
. vm/lib/running.sh
set -euo pipefail

main() {
  local command='' retries='' interval='' limit='' start='' try code=0
  enter_vm health
  load command=command retries=retries interval=interval limit=timeLimit start=start
  if [ "$start" = false ]; then require_agent; else with_agent; fi
  for ((try = 1; try <= retries; try++)); do
    code=0
    in_vm $((limit + 10)) timeout -k 5 "$limit" /bin/sh -c "$command" </dev/null || code=$?
    [ "$code" -ne 0 ] || break
    [ "$try" -eq "$retries" ] || sleep "$interval"
  done
  case $code in
    0) ;;
    124) err "the health check of VM $VMID ($NAME) did not end within $limit s, $retries times" ;;
    *) err "the health check of VM $VMID ($NAME) failed $retries times, the last time with exit code $code: $command" ;;
  esac
  report
}

main
