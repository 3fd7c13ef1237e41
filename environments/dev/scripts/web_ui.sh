#!/usr/bin/env bash
# Application of the web interface: its settings, on the volume that outlives the container. Run with the CTID.
set -euo pipefail

name=$(jq -r --arg ctid "$1" '.lxc_configs[$ctid].name' "$PHOENIX_CONFIG")
cat >/var/lib/web/settings.json.new <<JSON
{ "title": "$name", "models": "http://10.0.0.211:8000/" }
JSON
mv /var/lib/web/settings.json.new /var/lib/web/settings.json
