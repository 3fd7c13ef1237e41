#!/usr/bin/env bash
# Backs guests up, one after the other; one that fails does not stop the others.
# Settings: BackUpSettings in ../settings.ts. Result: {"backups": [{"id", "volid"} or {"id", "error"}]}
. guest/lib/conf.sh
set -euo pipefail

# Set by options.
OPTIONS=()

options() {
  local key value
  while IFS='' read -r -d '' key && IFS='' read -r -d '' value; do OPTIONS+=("--$key" "$value"); done < <(
    jq -j '.options | to_entries[] | .key, "\u0000", .value, "\u0000"' <<<"$SETTINGS"
  )
}

# made OUTPUT: the file that vzdump says it made.
made() { sed -n "s/^INFO: creating .* archive '\(.*\)'\$/\1/p" "$1" | tail -n 1; }

# back_up KIND ID STORAGE OUTPUT: prints the volume's id; false with vzdump's words in OUTPUT.
back_up() {
  local conf=/etc/pve/lxc/$2.conf file
  [ "$1" = CT ] || conf=/etc/pve/qemu-server/$2.conf
  if ! conf_exists "$conf"; then
    echo "$1 $2 does not exist on node '$(hostname)'" >"$4"
    return 1
  fi
  # No step of ours changes the guest meanwhile.
  acquire_lock 9 "guest-$2" 600 || {
    echo "a run of Phoenix still works on $1 $2$(holder "guest-$2")" >"$4"
    return 1
  }
  LC_ALL=C.UTF-8 vzdump "$2" --storage "$3" "${OPTIONS[@]}" 2>&1 9>&- | tee -- "$4" >&2 || return 1
  exec 9>&-
  file=$(made "$4")
  printf '%s:backup/%s\n' "$3" "${file##*/}"
}

# why OUTPUT: why a backup failed, in vzdump's words.
why() {
  local words
  words=$(sed -n 's/^ERROR: Backup of VM [0-9]* failed - //p' "$1" | head -n 1)
  [ -n "$words" ] || words=$(grep -v '^INFO:' "$1" | grep . | head -n 3 | paste -sd ' ' -) || true
  printf '%s\n' "${words:-vzdump failed}"
}

main() {
  need_cmd vzdump jq
  read_settings
  local index=0 id='' kind='' storage='' folder volid results='[]'
  load storage=storage
  options
  scratch_folder folder
  while given "guests.$index.id"; do
    load id="guests.$index.id" kind="guests.$index.kind"
    if volid=$(back_up "$kind" "$id" "$storage" "$folder/output"); then
      results=$(jq -c --argjson id "$id" --arg volid "$volid" '. + [{$id, $volid}]' <<<"$results")
    else
      results=$(jq -c --argjson id "$id" --arg error "$(why "$folder/output")" '. + [{$id, $error}]' <<<"$results")
    fi
    index=$((index + 1))
  done
  rm -rf -- "$folder"
  end_with "{\"backups\":$results}"
}

main
