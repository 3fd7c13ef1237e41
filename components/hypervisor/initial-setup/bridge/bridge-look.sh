#!/usr/bin/env bash
# Looks what bridge.sh would do, and changes nothing.
. host/lib/look.sh
. hypervisor/initial-setup/bridge/bridge.sh
