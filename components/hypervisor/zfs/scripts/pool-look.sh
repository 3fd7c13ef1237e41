#!/usr/bin/env bash
# Looks what pool.sh would do, and changes nothing.
. hypervisor/zfs/scripts/look.sh
. hypervisor/zfs/scripts/pool.sh
