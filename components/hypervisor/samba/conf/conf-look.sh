#!/usr/bin/env bash
# Looks what conf.sh would do, and changes nothing.
. hypervisor/zfs/lib/look.sh
. hypervisor/samba/conf/conf.sh
