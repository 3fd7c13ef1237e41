#!/usr/bin/env bash
# A machine that works: its health check succeeds inside it.
# Settings: {vmid, name, tag, command, retries, interval, timeLimit}
set -euo pipefail

main() {
  local command='' retries='' interval='' limit='' try code=0
  enter_vm health
  load command=command retries=retries interval=interval limit=timeLimit
  with_agent
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
