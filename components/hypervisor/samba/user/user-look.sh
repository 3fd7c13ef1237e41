#!/usr/bin/env bash
# Looks what user.sh would do, and changes nothing.
. host/lib/look.sh
. hypervisor/samba/user/user.sh
