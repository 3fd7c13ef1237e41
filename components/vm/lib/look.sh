#!/usr/bin/env bash
# What looks at machines share. One that is gone or somebody else's is told by the preview.
. host/lib/look.sh
. host/lib/once.sh
. guest/lib/values.sh
. vm/lib/running.sh

# look_at_vm: reads the settings, and the machine's configuration; the look ends where there is none of ours.
look_at_vm() {
  enter_vm look
  read_guest "$(vm_conf)"
}

# seen_running, seen_stopped: as Proxmox VE lists it; neither while it does not tell.
seen_running() { [ "$(seen_power)" = running ]; }

seen_stopped() { [ "$(seen_power)" = stopped ]; }

seen_power() { once machines timeout -k 5 20 qm list 2>/dev/null | awk -v id="$VMID" '$1 == id { print $3 }'; }
