#!/usr/bin/env bash
# What looks at machines share. One that is gone or somebody else's is reported by the preview.
. guest/lib/look.sh
. guest/lib/values.sh
. vm/lib/running.sh

# look_at_vm: reads the settings, and the machine's configuration; the look ends where there is none of ours.
look_at_vm() {
  enter_vm look
  read_guest "$(vm_conf)"
}
