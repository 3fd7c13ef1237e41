#!/usr/bin/env bash
# Looks what storage-content.sh would do, and changes nothing.
. host/lib/look.sh
. vm/storage-content/storage-content.sh
