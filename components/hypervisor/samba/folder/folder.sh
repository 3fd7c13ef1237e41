#!/usr/bin/env bash
# The folder of a share: there, owned by its user, closed to others. What is below it is never touched.
# Settings: step.ts
. hypervisor/lib/sharing.sh
. hypervisor/samba/lib/smb-conf.sh
. hypervisor/samba/lib/theirs.sh
set -euo pipefail

# note_before SHARE PATH: notes the folder's owner and mode, for the removal.
note_before() {
  [ ! -e "$PHOENIX_STATE/samba/folders/$1" ] || return 0
  install -d -m 700 "$PHOENIX_STATE/samba/folders"
  write_file "$PHOENIX_STATE/samba/folders/$1" 600 < <(stat -c '%u:%g %a' -- "$2") || true
}

give_folder() {
  note_before "$1" "$2"
  chown "$3" -- "$2"
  # After chown, which clears special bits.
  chmod 770 -- "$2"
}

main() {
  read_settings
  local share='' path='' dataset='' owner='' group now=''
  load share=share path=path dataset=dataset owner=owner
  lock samba 300
  # What the step of the configuration would refuse is refused here, before the folder's owner changes.
  if ! looking; then
    check_theirs
    check_name "${share,,}"
  fi
  group=$(id -gn "$owner" 2>/dev/null) || err "the Linux user $owner is not there; nothing was changed"
  folder_ensure "$path" "$dataset"
  [ ! -d "$path" ] || now=$(stat -c '%U:%G %a' -- "$path")
  if [ -n "$now" ] && [ "$now" != "$owner:$group 770" ]; then
    repair "$path" "$now" "$owner:$group 770" give_folder "$share" "$path" "$owner:$group"
  fi
  finish
}

main
