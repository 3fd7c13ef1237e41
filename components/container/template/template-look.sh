#!/usr/bin/env bash
# Looks what template.sh would do, and changes nothing.
. host/lib/look.sh
. container/template/template.sh
