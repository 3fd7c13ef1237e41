#!/usr/bin/env bash
# Looks what export.sh would do, and changes nothing.
. hypervisor/zfs/lib/look.sh
. hypervisor/nfs/export/export.sh
