#!/usr/bin/env bash
# Looks what hostname.sh would do, and changes nothing.
. host/lib/look.sh
. hypervisor/initial-setup/hostname/hostname.sh
