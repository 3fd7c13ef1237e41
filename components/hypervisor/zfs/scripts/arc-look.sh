#!/usr/bin/env bash
# Looks what arc.sh would do, and changes nothing.
. hypervisor/zfs/scripts/look.sh
. hypervisor/zfs/scripts/arc.sh
