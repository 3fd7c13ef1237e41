#!/usr/bin/env bash
# Looks what folder.sh would do, and changes nothing.
. hypervisor/zfs/lib/look.sh
. hypervisor/samba/folder/folder.sh
