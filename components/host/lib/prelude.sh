#!/usr/bin/env bash
# Joined in front of every host script by components/host. A script reads its desired state as JSON on
# standard input, reports its progress on standard error and ends with one JSON line on standard output.
. host/lib/base.sh
. host/lib/output.sh
. host/lib/applied.sh
. host/lib/locks.sh
. host/lib/files.sh
. host/lib/repair.sh
. host/lib/stacks.sh
. host/lib/guests.sh
