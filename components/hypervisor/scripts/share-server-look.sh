#!/usr/bin/env bash
# Looks what share-server.sh would do, and changes nothing.
. hypervisor/zfs/scripts/look.sh
. hypervisor/scripts/share-server.sh
