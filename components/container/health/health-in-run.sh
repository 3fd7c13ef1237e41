#!/usr/bin/env bash
# health.sh as a step of a run: when it fails, the container goes back to the run's savepoint.
. container/lib/rollback.sh
. container/health/health.sh
