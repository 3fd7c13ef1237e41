#!/usr/bin/env bash
# What makes a look of the script that is sourced behind it: it changes nothing, tells what differs from the settings,
# and exits 0. Result: {changed: false, deviations: [text]}.
#
# A room's look is its converging script behind this file, or reads by the same functions. The script finds LOOK set: it
# takes no lock, `repair` and `mend` only tell, and what it would fail with is found and is the last thing.

# shellcheck disable=SC2034 # the prelude reads it
LOOK=end_look
LOOKER=$BASHPID
# What is refused in a subshell of the look ends the look itself.
trap 'exit 0' USR1

# finish_look: the result, one JSON line on the real standard output.
finish_look() {
  texts_json "${FOUND[@]}"
  end_with "{\"changed\":false,\"deviations\":$TEXTS}"
}

# end_look [REFUSAL]
end_look() {
  [ "$#" -eq 0 ] || deviates "$@"
  [ "${#SCRATCH_FOLDERS[@]}" -eq 0 ] || rm -rf -- "${SCRATCH_FOLDERS[@]}"
  finish_look
  if [ "$BASHPID" != "$LOOKER" ]; then
    kill -USR1 "$LOOKER"
    exit 1
  fi
  exit 0
}
