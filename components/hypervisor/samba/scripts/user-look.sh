#!/usr/bin/env bash
# Looks what user.sh would do, and changes nothing.
. hypervisor/zfs/scripts/look.sh
. hypervisor/samba/scripts/user.sh
