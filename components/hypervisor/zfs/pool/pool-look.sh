#!/usr/bin/env bash
# Looks what pool.sh would do, and changes nothing.
. host/lib/look.sh
. hypervisor/zfs/pool/pool.sh
