#!/usr/bin/env bash
# Looks what timezone.sh would do, and changes nothing.
. host/lib/look.sh
. hypervisor/initial-setup/timezone/timezone.sh
