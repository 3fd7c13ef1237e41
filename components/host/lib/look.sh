#!/usr/bin/env bash
# What looks share: they change nothing, tell what differs from the settings, and exit 0.
# Result: {changed: false, deviations: [text]}, each text as "WHAT: is NOW, wanted VALUE".
#
# A room's look reads by the same functions as the script that converges. Where that script is itself sourced behind this
# file, it finds LOOK set: it takes no lock, asks `looking` before it changes anything, and what it would fail with is
# found and is the last thing.

# shellcheck disable=SC2034 # the prelude reads it
LOOK=end_look
FOUND=()

deviates() { FOUND+=("$*"); }

# finish_look: the result, one JSON line on the real standard output.
finish_look() { jq -cn '{changed: false, deviations: $ARGS.positional}' --args "${FOUND[@]}" >&3; }

# end_look REFUSAL
end_look() {
  deviates "$@"
  finish_look
  exit 0
}
