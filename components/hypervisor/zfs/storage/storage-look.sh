#!/usr/bin/env bash
# Looks what storage.sh would do, and changes nothing.
. host/lib/look.sh
. hypervisor/zfs/storage/storage.sh
