#!/usr/bin/env bash
# Looks what restart.sh would do, and changes nothing.
. host/lib/look.sh
. hypervisor/nvidia-driver/restart/restart.sh
