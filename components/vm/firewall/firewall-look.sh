#!/usr/bin/env bash
# Looks what firewall.sh would do, and changes nothing.
. host/lib/look.sh
. vm/firewall/firewall.sh
