#!/usr/bin/env bash
# Runs a script inside a machine through the guest agent: a feature, or one of its own. It finds its settings as
# PHOENIX_… variables, gets the VMID as argument, and its folder is gone afterwards.
# Settings: step.ts
. host/lib/inside.sh
. guest/lib/marks.sh
. vm/lib/running.sh
set -euo pipefail

reason() { jq -r --arg code "$1" '.reasons[$code] // "" | if . == "" then "" else ": \(.)" end' <<<"$SETTINGS"; }

main() {
  local step='' file='' seconds='' code=0 why
  read_settings
  load step=step file=file seconds=seconds
  enter_vm "$step"
  with_agent
  read_digest
  # Twice the time: a script of an interrupted run may still be running in the machine, and is waited for.
  bundle "$file" CONFIG=phoenix_entry.json "$(jq -cn --arg id "$VMID" '{PHOENIX_CTID: $id, PHOENIX_VMID: $id}')" |
    in_vm $((2 * seconds + 120)) /bin/sh -c "$RUNNER" sh "$file" "$VMID" "$seconds" CONFIG=phoenix_entry.json alone \
      "$step" "$DIGEST" || code=$?
  if why=$(not_begun "$code"); then
    err "$file could not be put into VM $VMID ($NAME) and run: $why; is its disk full?"
  fi
  case $code in
    0) ;;
    124) err "$file was ended in VM $VMID ($NAME) after $seconds s" ;;
    255) err "$file in VM $VMID ($NAME): its guest agent went away meanwhile; look inside: qm terminal $VMID, and run again" ;;
    *) err "$file failed in VM $VMID ($NAME) with exit code $code$(reason "$code")" ;;
  esac
  report_inside "VM $VMID" "$file"
  report
}

main
