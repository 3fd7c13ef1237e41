#!/usr/bin/env bash
# Looks what repositories.sh would do, and changes nothing.
. host/lib/look.sh
. hypervisor/initial-setup/repositories/repositories.sh
