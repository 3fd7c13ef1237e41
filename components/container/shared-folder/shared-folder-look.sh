#!/usr/bin/env bash
# Looks what shared-folder.sh would do, and changes nothing.
. host/lib/look.sh
. container/shared-folder/shared-folder.sh
