#!/usr/bin/env bash
# Looks what wanted.sh would do, and changes nothing.
. host/lib/look.sh
. hypervisor/zfs/wanted/wanted.sh
