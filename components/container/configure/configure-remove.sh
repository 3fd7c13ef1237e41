#!/usr/bin/env bash
# Checks, before the provider deletes a container, that the one under this CTID is this stack's: the provider deletes
# whatever is there. Volumes that are to be kept are detached. A container that does not exist any more is no error.
# While the step `mounts` has not been removed (its note says `standing`), the container is not about to be deleted:
# then only this step is being replaced.
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
    forget_notes "$ctid"
  fi
  report
}

main
