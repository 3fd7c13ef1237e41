#!/bin/bash
# The settings of the web interface: where the two models answer.
set -euo pipefail
mkdir -p /srv/web-ui
jq -r '.lxc_configs | to_entries[] | select(.value.gpu_assignment) | .value.name' "$LXC_CONFIG_FILE" >/srv/web-ui/settings
