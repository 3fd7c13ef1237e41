#!/usr/bin/env bash
# Runs in the virtual machine build-runner, with its VMID as argument.
set -euo pipefail

apt-get install -y -q git
install -d -o builder -g builder /srv/builds
