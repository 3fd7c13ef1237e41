#!/usr/bin/env bash
# Looks what folder.sh would do, and changes nothing.
. hypervisor/zfs/scripts/look.sh
. hypervisor/samba/scripts/folder.sh
