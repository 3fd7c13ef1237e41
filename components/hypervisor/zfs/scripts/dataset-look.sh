#!/usr/bin/env bash
# Looks what dataset.sh would do, and changes nothing.
. hypervisor/zfs/scripts/look.sh
. hypervisor/zfs/scripts/dataset.sh
