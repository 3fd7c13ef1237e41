#!/usr/bin/env bash
# Looks what chrony.sh would do, and changes nothing.
. host/lib/look.sh
. hypervisor/initial-setup/chrony/chrony.sh
