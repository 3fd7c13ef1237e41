#!/usr/bin/env bash
# Sourced before a converging script, makes it a look: it changes nothing, tells what the script would do or refuse, and
# exits 0. Result: {changed: false, deviations: [text]}.
. hypervisor/zfs/lib/report.sh

# shellcheck disable=SC2034 # the prelude and report.sh read it
LOOK=end_look

# end_look REFUSAL: what the converging script would fail with is found, and is the last thing.
end_look() {
  DEVIATIONS+=("$*")
  finish
  exit 0
}
