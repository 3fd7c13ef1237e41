#!/usr/bin/env bash
# A job of Proxmox VE that backs guests up: made, or its options brought back. It has what the file says and nothing else.
# Settings: step.ts
. hypervisor/backups/job/jobs.sh
set -euo pipefail

# words_of KEY: the words of an option, one a line.
words_of() {
  local text
  if [ "$1" != exclude-path ]; then
    printf '%s\n' "--$1" "${WANTED[$1]}"
  else
    while IFS= read -r text; do printf '%s\n' "--$1" "$text"; done <<<"${WANTED[$1]}"
  fi
}

create_job() {
  local id=$1 key
  local -a words=() more
  for key in "${!WANTED[@]}"; do
    mapfile -t more < <(words_of "$key")
    words+=("${more[@]}")
  done
  # The note comes first: after an interruption the job is still known as ours.
  install -d -m 750 "$PHOENIX_STATE/backups"
  : >"$(note_of "$id")"
  pve pvesh_utf8 create /cluster/backup --id "$id" "${words[@]}" || {
    read_job "$id"
    # A job of this name that is not there now is nobody's.
    [ "${#NOW[@]}" -gt 0 ] || rm -f -- "$(note_of "$id")"
    err "backup job $id could not be made; Proxmox VE's message is above"
  }
  changed "added backup job $id (${WANTED[schedule]}, to ${WANTED[storage]})"
}

# shown TEXT: as messages have it.
shown() {
  local text=${1//$'\n'/, }
  printf '%s' "${text:-none}"
}

# set_options ID: all that differ at once, so that no backup finds half of them.
set_options() {
  local id=$1 key deleted='' did
  local -a words=() notes=() keys more
  mapfile -t keys < <(printf '%s\n' "${!NOW[@]}" "${!WANTED[@]}" | sort -u)
  for key in "${keys[@]}"; do
    [ "${NOW[$key]-}" != "${WANTED[$key]-}" ] || continue
    if looking; then
      differs "backup job $id $key" "$(shown "${NOW[$key]-}")" "$(shown "${WANTED[$key]-}")"
      continue
    fi
    notes+=("backup job $id $key: $(shown "${NOW[$key]-}") -> $(shown "${WANTED[$key]-}")")
    if [ "$key" = storage ]; then
      continue
    elif [ -v "WANTED[$key]" ]; then
      mapfile -t more < <(words_of "$key")
      words+=("${more[@]}")
    else
      deleted+=,$key
    fi
  done
  [ "${#notes[@]}" -gt 0 ] || return 0
  # Proxmox VE takes notes and protection only together with the storage.
  words+=(--storage "${WANTED[storage]}")
  [ -z "$deleted" ] || words+=(--delete "${deleted:1}")
  pve pvesh_utf8 set "/cluster/backup/$id" "${words[@]}" ||
    err "backup job $id could not be changed; Proxmox VE's message is above"
  for did in "${notes[@]}"; do changed "$did"; done
}

main() {
  need_cmd pvesh
  read_settings
  local id=''
  load id=id
  lock backup-jobs 120
  read_job "$id"
  read_wanted
  if [ "${#NOW[@]}" -eq 0 ]; then
    mend "backup job $id" missing "at ${WANTED[schedule]}" create_job "$id"
  elif [ ! -e "$(note_of "$id")" ]; then
    err "backup job $id already exists on $(hostname), and this stack did not make it; it was left untouched:" \
      "give the job of the file another id, or remove the other one ('pvesh delete /cluster/backup/$id')"
  else
    set_options "$id"
  fi
  report
}

main
