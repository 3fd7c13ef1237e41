#!/usr/bin/env bash
# Gives a chosen VMID back: the machine's entry is gone.
# Settings: {name, tag, …}
set -euo pipefail

main() {
  read_settings
  load NAME=name TAG=tag
  lock vmids 300
  remove_file "$PHOENIX_STATE/vmids/$TAG/$NAME"
  report
}

main
