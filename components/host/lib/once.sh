#!/usr/bin/env bash
# What the looks of one pass ask once for all of them: each program of Proxmox VE takes half a second to start.

# once NAME COMMAND…: what it prints. The first look of the pass that asks runs it, and the others wait for the answer. A
# command that fails is asked again.
once() {
  local answer new code=0
  private_folder
  answer=$PHOENIX_RUN/step.$(process_key).once-$1
  if [ ! -e "$answer" ]; then
    hold 6 "look-$1" 10 || true
    if [ ! -e "$answer" ]; then
      new=$(mktemp "$answer.XXXXXX") || return 1
      "${@:2}" >"$new" 6>&- || code=$?
      [ "$code" -ne 0 ] || mv -fT -- "$new" "$answer"
    fi
    exec 6>&-
  fi
  if [ "$code" -ne 0 ]; then
    cat -- "$new"
    rm -f -- "$new"
    return "$code"
  fi
  printf '%s\n' "$(<"$answer")"
}

# asked NAME COMMAND…: in a look once for all; a step asks each time.
asked() { if looking; then once "$@"; else "${@:2}"; fi; }
