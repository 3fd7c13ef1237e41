#!/usr/bin/env bash
# Looks what snapshot.sh would do, and changes nothing.
. host/lib/look.sh
. vm/snapshot/snapshot.sh
