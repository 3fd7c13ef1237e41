#!/usr/bin/env bash
# Looks what job.sh would do, and changes nothing.
. host/lib/look.sh
. hypervisor/backups/job/job.sh
