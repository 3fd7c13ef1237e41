#!/usr/bin/env bash
# Looks once more, before the provider deletes a container, that the one under this CTID is this stack's:
# the provider itself deletes whatever is there. Nothing is changed; a container that is gone is fine.
# Settings: {ctid, tag, …}
set -euo pipefail

main() {
  read_settings
  local ctid='' tag=''
  load ctid=ctid tag=tag
  if guest_exists "$ctid" && ! guest_has_tag "$ctid" "$tag"; then
    refuse_foreign "$ctid" "$tag"
  fi
  report
}

main
