#!/usr/bin/env bash
# Looks what pool.sh would do, and changes nothing.
. hypervisor/zfs/lib/look.sh
. hypervisor/zfs/pool/pool.sh
