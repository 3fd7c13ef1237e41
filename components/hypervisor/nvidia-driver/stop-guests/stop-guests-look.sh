#!/usr/bin/env bash
# Looks what stop-guests.sh would do, and changes nothing.
. host/lib/look.sh
. hypervisor/nvidia-driver/stop-guests/stop-guests.sh
