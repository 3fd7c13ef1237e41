#!/usr/bin/env bash
# Looks what dataset.sh would do, and changes nothing.
. hypervisor/zfs/lib/look.sh
. hypervisor/zfs/dataset/dataset.sh
