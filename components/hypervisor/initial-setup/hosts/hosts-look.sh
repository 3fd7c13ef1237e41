#!/usr/bin/env bash
# Looks what hosts.sh would do, and changes nothing.
. host/lib/look.sh
. hypervisor/initial-setup/hosts/hosts.sh
