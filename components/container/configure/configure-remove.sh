#!/usr/bin/env bash
# Looks once more, before the provider deletes a container, that the one under this CTID is this stack's:
# the provider itself deletes whatever is there. Its own volumes are taken out, so that they outlive it; a
# container that is gone is fine. One that stands, whose mounts' step has not gone before, is not to be deleted: this
# step alone is replaced.
# Settings: step.ts
. container/lib/running.sh
set -euo pipefail

main() {
  read_settings
  local ctid='' tag=''
  load ctid=ctid tag=tag
  if exists_as_ours "$(guest_conf "$ctid")" "$tag"; then
    if [ -e "$(standing_note "$ctid")" ]; then
      [ -z "$(volumes_to_keep "$ctid")" ] ||
        err "CT $ctid stands, and a replacement of its step configure would take its volumes out of it; nothing was changed." \
          "Run again without '--replace' for it"
      report
      return
    fi
    refuse_protected "$ctid"
    keep_volumes "$ctid"
    # What was mounted in it is not the next one's.
    remove_file "$PHOENIX_STATE/guests/$ctid.mounts"
  fi
  report
}

main
