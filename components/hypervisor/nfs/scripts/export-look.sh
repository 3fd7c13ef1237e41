#!/usr/bin/env bash
# Looks what export.sh would do, and changes nothing.
. hypervisor/zfs/scripts/look.sh
. hypervisor/nfs/scripts/export.sh
