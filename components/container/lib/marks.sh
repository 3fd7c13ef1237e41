#!/usr/bin/env bash
# Marks of a container's steps inside it; guest/lib/marks.sh says what they are.
. guest/lib/marks.sh
. container/lib/running.sh

# drop_mark STEP: before it runs again. What does not run, as a hook may have stopped it, has no mark to lose or to get.
drop_mark() {
  guest_running "$CTID" || return 0
  # shellcheck disable=SC2016 # expanded by the guest's shell
  inside 'rm -f "/var/lib/phoenix/steps/$1"' "$1" || err "CT $CTID: its mark of the step $1 could not be removed; does it run?"
}

# leave_mark STEP [KIND NAME]
leave_mark() {
  guest_running "$CTID" || return 0
  read_digest
  inside "$LEAVE_MARK" "$1" "$DIGEST" "${@:2}" ||
    err "CT $CTID: it could not be noted in it that $1 was run; is its disk full? ('pct exec $CTID -- df -h')"
}
