#!/usr/bin/env bash
# Looks what snippets.sh would do, and changes nothing.
. host/lib/look.sh
. vm/snippets/snippets.sh
