#!/usr/bin/env bash
# Looks what conf.sh would do, and changes nothing.
. host/lib/look.sh
. hypervisor/samba/conf/conf.sh
