#!/usr/bin/env bash
# Looks what devices.sh would do, and changes nothing.
. host/lib/look.sh
. vm/devices/devices.sh
