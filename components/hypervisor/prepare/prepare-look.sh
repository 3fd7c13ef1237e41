#!/usr/bin/env bash
# Looks what prepare.sh would do, and changes nothing.
. host/lib/look.sh
. hypervisor/prepare/prepare.sh
