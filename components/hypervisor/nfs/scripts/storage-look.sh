#!/usr/bin/env bash
# Looks what storage.sh would do, and changes nothing.
. hypervisor/zfs/scripts/look.sh
. hypervisor/nfs/scripts/storage.sh
