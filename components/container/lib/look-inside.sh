#!/usr/bin/env bash
# Looks at what a step did inside a container. One that does not run is not looked at, nor one that does not answer.
. container/lib/look.sh
. container/lib/marks.sh

# look_inside STEP: one visit a container for all of its steps.
look_inside() {
  local marks
  seen_running pct "$CTID" || return 0
  marks=$(once "inside-ct-$CTID" in_ct 10 /bin/sh -c "$MARKS" sh </dev/null) || return 0
  compare_marks "CT $CTID" "$1" "$marks"
}
