#!/usr/bin/env bash
# A change that could cut the node off: it is undone by itself unless a new connection confirms it. A script that sources
# this sets GUARDED, its name; GUARD_STATE, its folder; and the names of two functions:
#   PUT_BACK      restores the former state, in the files and live
#   MAKE_LASTING  completes the change once it is confirmed
set -euo pipefail

PUT_BACK='' MAKE_LASTING=''

# Seconds until an unconfirmed change is undone.
GUARD_SECONDS=${PHOENIX_GUARD_SECONDS:-60}
GUARD=''

# open_change: marks that a change needs a confirmation; the former state has been kept before.
open_change() {
  rm -f "$GUARD_STATE/confirmed" "$GUARD_STATE/rolled-back"
  : >"$GUARD_STATE/open"
}

is_closed() { [ ! -e "$GUARD_STATE/open" ]; }

close_change() { rm -f "$GUARD_STATE/open"; }

# roll_back REASON
roll_back() {
  "$PUT_BACK"
  printf '%s\n' "$1" >"$GUARD_STATE/rolled-back"
  close_change
}

# rolled_back: the reason, in brackets; nothing when the change was not undone.
rolled_back() { [ ! -e "$GUARD_STATE/rolled-back" ] || printf ' (taken back: %s)' "$(cat "$GUARD_STATE/rolled-back")"; }

# guard: runs apart from the connection, which the change may cut.
guard() {
  printf '%s\n' "$BASHPID" >"$GUARD_STATE/open"
  if wait_for "$GUARD_SECONDS" test -e "$GUARD_STATE/confirmed"; then
    "$MAKE_LASTING"
    close_change
  else
    roll_back "no new connection reached the node within $GUARD_SECONDS s"
  fi
}

# start_guard LOG: in the background; true once it watches.
start_guard() {
  (guard) </dev/null >>"$1" 2>&1 3>&- 9>&- &
  GUARD=$!
  wait_for 10 test -s "$GUARD_STATE/open"
}

# stop_guard REASON: undoes the change at once.
stop_guard() {
  kill "$GUARD" 2>/dev/null || true
  roll_back "$1"
}

guard_lives() {
  local pid
  pid=$(cat "$GUARD_STATE/open" 2>/dev/null) && [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null
}

# confirm_change: that this connection works is the confirmation.
confirm_change() {
  : >"$GUARD_STATE/confirmed"
  wait_for 10 is_closed && return 0
  "$MAKE_LASTING"
  close_change
}

# end_open_change: completes or undoes a change that an earlier run left open.
end_open_change() {
  ! is_closed || return 0
  if guard_lives; then
    wait_for $((GUARD_SECONDS + 60)) is_closed || err "an earlier change of $GUARDED is still open; run again"
  else
    roll_back "the run or the node ended before the change was confirmed"
    say "an earlier change of $GUARDED was taken back"
  fi
}
