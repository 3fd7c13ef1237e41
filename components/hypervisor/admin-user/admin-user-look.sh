#!/usr/bin/env bash
# Looks what admin-user.sh would do, and changes nothing.
. host/lib/look.sh
. hypervisor/admin-user/admin-user.sh
