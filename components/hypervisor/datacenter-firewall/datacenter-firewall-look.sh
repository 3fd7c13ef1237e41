#!/usr/bin/env bash
# Looks what datacenter-firewall.sh would do, and changes nothing.
. host/lib/look.sh
. hypervisor/datacenter-firewall/datacenter-firewall.sh
