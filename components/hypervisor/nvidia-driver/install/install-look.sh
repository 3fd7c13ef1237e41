#!/usr/bin/env bash
# Looks what install.sh would do, and changes nothing.
. host/lib/look.sh
. hypervisor/nvidia-driver/install/install.sh
