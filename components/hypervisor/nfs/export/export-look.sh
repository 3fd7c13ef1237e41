#!/usr/bin/env bash
# Looks what export.sh would do, and changes nothing.
. host/lib/look.sh
. hypervisor/nfs/export/export.sh
