#!/usr/bin/env bash
# Looks what config-files.sh would do, and changes nothing.
. host/lib/look.sh
. container/config-files/config-files.sh
