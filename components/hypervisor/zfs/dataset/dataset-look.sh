#!/usr/bin/env bash
# Looks what dataset.sh would do, and changes nothing.
. host/lib/look.sh
. hypervisor/zfs/dataset/dataset.sh
