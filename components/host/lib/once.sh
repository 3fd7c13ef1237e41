#!/usr/bin/env bash
# What the looks of one pass ask once for all of them: each program of Proxmox VE takes half a second to start.

# Set by answer_once: what the command printed, without the ends of lines behind it.
ANSWER=''

# answer_once NAME COMMAND…: the first look of the pass that asks runs it, and the others wait for the answer. A command that
# fails is asked again.
answer_once() {
  local file=$PHOENIX_RUN/step.$PROCESS_KEY.once-$1 answer code=0
  private_folder
  answer=$file
  if [ ! -e "$file" ]; then
    acquire_lock 6 "look-$1" 10 || true
    if [ ! -e "$file" ]; then
      answer=$file.$BASHPID
      "${@:2}" >"$answer" 6>&- || code=$?
      [ "$code" -ne 0 ] || { mv -fT -- "$answer" "$file" && answer=$file; }
    fi
    exec 6>&-
  fi
  IFS='' read -r -d '' ANSWER <"$answer" || true
  while [[ $ANSWER == *$'\n' ]]; do ANSWER=${ANSWER%$'\n'}; done
  return "$code"
}

# once NAME COMMAND…: prints the answer.
once() {
  local code=0
  answer_once "$@" || code=$?
  [ -z "$ANSWER" ] || printf '%s\n' "$ANSWER"
  return "$code"
}

# asked NAME COMMAND…: in a look once for all; a step asks each time.
asked() { if looking; then once "$@"; else "${@:2}"; fi; }
