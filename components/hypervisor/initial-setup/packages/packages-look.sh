#!/usr/bin/env bash
# Looks what packages.sh would do, and changes nothing.
. host/lib/look.sh
. hypervisor/initial-setup/packages/packages.sh
