#!/usr/bin/env bash
# Looks what resolver.sh would do, and changes nothing.
. host/lib/look.sh
. hypervisor/initial-setup/resolver/resolver.sh
