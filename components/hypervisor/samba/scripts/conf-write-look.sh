#!/usr/bin/env bash
# Looks what conf-write.sh would do, and changes nothing.
. hypervisor/zfs/scripts/look.sh
. hypervisor/samba/scripts/conf-write.sh
