#!/usr/bin/env bash
# Looks what share-server.sh would do, and changes nothing.
. host/lib/look.sh
. hypervisor/share-server/share-server.sh
