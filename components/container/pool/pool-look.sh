#!/usr/bin/env bash
# Looks which pool a container is a member of, and changes nothing.
. host/lib/look.sh
. container/pool/pool.sh
