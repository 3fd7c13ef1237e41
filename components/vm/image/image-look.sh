#!/usr/bin/env bash
# Looks what image.sh would do, and changes nothing.
. host/lib/look.sh
. vm/image/image.sh
