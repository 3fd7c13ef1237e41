#!/usr/bin/env bash
# A container that works: its health check succeeds inside it, and so does nvidia-smi where it has a GPU.
# Settings: step.ts
. container/lib/running.sh
set -euo pipefail

# probe SECONDS ARGUMENT…: one attempt, inside the guest.
probe() {
  local seconds=$1
  shift
  PROBE_FROM=$(($(wc -l <"$LOG") + 1))
  in_ct $((seconds + 15)) timeout -k 5 "$seconds" "$@" </dev/null
}

# healthy WHAT RETRIES INTERVAL SECONDS ARGUMENT…
healthy() {
  local what=$1 retries=$2 interval=$3 seconds=$4 try code=0
  shift 4
  for ((try = 1; try <= retries; try++)); do
    code=0
    probe "$seconds" "$@" || code=$?
    [ "$code" -ne 0 ] || return 0
    [ "$try" -eq "$retries" ] || sleep "$interval"
  done
  [ "$code" -ne 124 ] || err "$what of CT $CTID did not end within $seconds s, $retries times"
  err "$what of CT $CTID failed $retries times, the last time with exit code $code: $(printf '%s ' "$@" | sed 's/^\/bin\/sh -c //; s/ $//')"
}

# show_probe: shows the output of the last attempt, at most 40 lines, without control characters.
show_probe() { tail -n "+$PROBE_FROM" "$LOG" | tr -cd '[:print:]\n' | head -n 40 | cut -c 1-160 >&4 || true; }

main() {
  local command='' retries='' interval='' limit='' gpu=''
  enter_guest health
  wake
  load command=command retries=retries interval=interval limit=timeLimit gpu=gpu
  [ -z "$command" ] || healthy "the health check" "$retries" "$interval" "$limit" /bin/sh -c "$command"
  if [ "$gpu" = true ]; then
    healthy "the GPU check" "$retries" "$interval" "$limit" nvidia-smi
    show_probe
  fi
  report
}

main
