#!/usr/bin/env bash
# What the looks of one pass ask once for all of them: each program of Proxmox VE takes half a second to start.

# once NAME COMMAND…: what it prints. The first that asks runs it, and keeps the answer until the pass has ended; a
# command that fails is asked again.
once() {
  local answer new code=0
  private_folder
  answer=$PHOENIX_RUN/step.$(process_key).once-$1
  if [ ! -e "$answer" ]; then
    new=$(mktemp "$answer.XXXXXX") || return 1
    "${@:2}" >"$new" || code=$?
    if [ "$code" -ne 0 ]; then
      cat -- "$new"
      rm -f -- "$new"
      return "$code"
    fi
    mv -f -- "$new" "$answer"
  fi
  printf '%s\n' "$(<"$answer")"
}
