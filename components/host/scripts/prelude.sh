#!/usr/bin/env bash
# Joined in front of every host script by components/host. A script reads its desired state as JSON on
# standard input, tells its progress on standard error and ends with one JSON line on standard output.
. host/scripts/base.sh
. host/scripts/output.sh
. host/scripts/locks.sh
. host/scripts/files.sh
. host/scripts/stacks.sh
. host/scripts/guests.sh
