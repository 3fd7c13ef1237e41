#!/usr/bin/env bash
# Looks what arc.sh would do, and changes nothing.
. hypervisor/zfs/lib/look.sh
. hypervisor/zfs/arc/arc.sh
