#!/usr/bin/env bash
# A container template on its storage: present, or downloaded from Proxmox's own catalogue.
# Settings: step.ts
. host/lib/once.sh
set -euo pipefail

# listed STORAGE: its templates.
listed() { asked "templates-$1" timeout -k 5 120 pvesm list "$1" --content vztmpl; }

present() { listed "$1" | awk 'NR > 1 { print $1 }' | grep -Fx -- "$1:vztmpl/$2" >/dev/null; }

fetch() {
  local storage=$1 file=$2
  pve pveam update || say "warning: the catalogue of templates could not be refreshed"
  pve pveam download "$storage" "$file" || true
  # pveam exits with 0 when a download failed: only the file shows whether it worked.
  present "$storage" "$file" ||
    err "template $file could not be downloaded to $storage; its message is above." \
      "'pveam available --section system' lists what there is, or put the file there yourself"
  changed "downloaded template $storage:vztmpl/$file"
}

main() {
  need_cmd pveam pvesm
  read_settings
  local storage='' file=''
  load storage=storage file=file
  lock "template-$storage-$file" 1800
  listed "$storage" >/dev/null ||
    err "storage $storage, which is to hold template $file, does not answer; Proxmox VE's message is above"
  if ! present "$storage" "$file"; then
    mend "template $storage:vztmpl/$file" missing there fetch "$storage" "$file"
  fi
  report
}

main
