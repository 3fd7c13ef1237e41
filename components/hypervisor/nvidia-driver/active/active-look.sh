#!/usr/bin/env bash
# Looks what active.sh would do, and changes nothing.
. host/lib/look.sh
. hypervisor/nvidia-driver/active/active.sh
