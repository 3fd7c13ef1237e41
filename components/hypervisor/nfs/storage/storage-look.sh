#!/usr/bin/env bash
# Looks what storage.sh would do, and changes nothing.
. host/lib/look.sh
. hypervisor/nfs/storage/storage.sh
