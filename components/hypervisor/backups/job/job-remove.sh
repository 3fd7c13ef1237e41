#!/usr/bin/env bash
# Removes a backup job that was made by us. The backups that it made stay.
# Settings: step.ts
. hypervisor/backups/job/jobs.sh
set -euo pipefail

main() {
  need_cmd pvesh
  read_settings
  local id=''
  load id=id
  lock backup-jobs 120
  if [ ! -e "$(note_of "$id")" ]; then
    say "backup job $id was not made by this stack: kept"
  else
    read_job "$id"
    if [ "${#NOW[@]}" -gt 0 ]; then
      pve pvesh_utf8 delete "/cluster/backup/$id" ||
        err "backup job $id could not be removed; Proxmox VE's message is above"
      changed "removed backup job $id; its backups stay"
    fi
    rm -f -- "$(note_of "$id")"
  fi
  report
}

main
