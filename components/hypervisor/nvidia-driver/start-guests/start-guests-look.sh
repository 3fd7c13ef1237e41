#!/usr/bin/env bash
# Looks what start-guests.sh would do, and changes nothing.
. host/lib/look.sh
. hypervisor/nvidia-driver/start-guests/start-guests.sh
