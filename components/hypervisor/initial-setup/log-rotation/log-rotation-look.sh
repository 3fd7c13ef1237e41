#!/usr/bin/env bash
# Looks what log-rotation.sh would do, and changes nothing.
. host/lib/look.sh
. hypervisor/initial-setup/log-rotation/log-rotation.sh
