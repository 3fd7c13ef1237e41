#!/usr/bin/env bash
# An NFS export: its folder, its file below /etc/exports.d, and what the server hands out.
# Settings: step.ts
. hypervisor/lib/sharing.sh
. hypervisor/nfs/export/export-lines.sh
set -euo pipefail

# try_client CLIENT PATH OPTIONS: exportfs itself checks a client and the options before they reach a file.
try_client() {
  local said code=0
  said=$(export_by_hand "$1" "$2" "$3") || code=$?
  said=$(grep -v '^$' <<<"$said" | joined) || true
  if [ "$code" -ne 0 ] || [[ $said == *'Failed to resolve'* ]]; then
    exports_again "$2"
    err "exportfs refuses $2 for $1 ($3): ${said:-exit code $code}; the exports are as they were"
  fi
}

put_file() {
  local file=$1 path=$2 options=$3 client
  shift 3
  for client; do try_client "$client" "$path" "$options"; done
  mkdir -p /etc/exports.d
  write_file "$file" < <(export_text "$path" "$options" "$@") || true
  changed "wrote $file"
  exports_again "$path"
}

export_again() {
  exports_again "$1"
  changed "exported $1 again"
}

# Whether every client with only one spelling is in the table, where host names are fully qualified.
all_exported() {
  local path=$1 client now
  shift
  now=$(exported "$path")
  [ -n "$now" ] || return 1
  for client; do
    [[ ! $client =~ ^([0-9./]+|\*)$ ]] || grep -Fxq -- "$client" <<<"$now" || return 1
  done
}

main() {
  need_cmd exportfs
  read_settings
  local name='' path='' dataset='' options='' file other now
  local -a clients
  load name=name path=path dataset=dataset
  options=$(list options | paste -sd,)
  mapfile -t clients < <(list clients)
  file=$(export_file "$name")
  lock nfs 300
  other=$(exported_elsewhere "$path" "$file")
  [ ! -e "$file" ] || head -n 1 "$file" | grep '^# Written by Phoenix' >/dev/null ||
    err "$file was not written by us; nothing was changed: give it another name, or remove the entry in nfs.exports"
  [ -z "$other" ] ||
    err "$path is exported by $other already; nothing was changed: remove that line, or the entry in nfs.exports"
  folder_ensure "$path" "$dataset"
  if ! same_text "$file" < <(export_text "$path" "$options" "${clients[@]}"); then
    mend "$file" "$FILE_STATE" "$AS_WRITTEN" put_file "$file" "$path" "$options" "${clients[@]}"
  elif ! all_exported "$path" "${clients[@]}"; then
    now=$(exported "$path" | paste -sd ' ' -)
    mend "export $path clients" "${now:-none}" "${clients[*]}" export_again "$path"
  fi
  looking || all_exported "$path" "${clients[@]}" ||
    err "$file is there, and exportfs does not show $path for ${clients[*]}; see 'exportfs -v' on the node"
  finish
}

main
