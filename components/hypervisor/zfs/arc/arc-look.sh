#!/usr/bin/env bash
# Looks what arc.sh would do, and changes nothing.
. host/lib/look.sh
. hypervisor/zfs/arc/arc.sh
