#!/bin/bash
# The zones that lie beside this script, where the name server reads them.
set -euo pipefail
mkdir -p /etc/zones
cp "$(dirname "$0")"/zones/* /etc/zones/
