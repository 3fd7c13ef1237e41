#!/usr/bin/env bash
# Looks what folder.sh would do, and changes nothing.
. host/lib/look.sh
. hypervisor/samba/folder/folder.sh
