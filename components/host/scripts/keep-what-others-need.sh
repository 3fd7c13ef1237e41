#!/usr/bin/env bash
# Run before every removal of a step of the host's own set-up, which one stack holds: nothing is taken away that
# another stack holds now, or that guests of another stack still need.
# Settings: {tag, makes: [names of what the step makes], …}
set -euo pipefail

# users_of_ours: guests of other stacks that need what this step made, `CT 120 beta of stack 'b'`, a line each.
users_of_ours() {
  local note
  for note in "$PHOENIX_STATE/stacks"/*; do
    if [ ! -e "$note" ] || [ "${note##*/}" = "$1" ]; then continue; fi
    # The settings may hold a password: never an argument.
    jq -r --slurpfile note "$note" '$note[0] as $stack | (.makes // [])[] | $stack.needs[.] // [] | .[]
      | "\(.) of stack \u0027\($stack.identity)\u0027"' <<<"$SETTINGS"
  done | sort -u
}

leave_it() {
  say "$*"
  report
  exit 0
}

keep_what_others_need() {
  local tag='' holder users
  read_settings
  load tag=tag
  holder=$(host_holder)
  [ -z "$holder" ] || [ "$holder" = "$tag" ] ||
    leave_it "node '$(hostname)' is set up by stack '$(stack_of "$holder")' now: nothing of it is taken away"
  users=$(users_of_ours "$tag" | paste -sd ';' | sed 's/;/, /g')
  [ -z "$users" ] || leave_it "warning: $(list makes | paste -sd ';' | sed 's/;/, /g') stays as it is: needed by $users"
}

keep_what_others_need
