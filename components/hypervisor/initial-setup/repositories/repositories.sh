#!/usr/bin/env bash
# Repositories of the node's own release: Proxmox VE's and Ceph's without a subscription, NodeSource's when
# asked for; those that need a subscription disabled. Other files of the node stay as they are.
# Settings: step.ts
. hypervisor/lib/packages.sh
. hypervisor/initial-setup/repositories/sources.sh
set -euo pipefail

BACK=''
TOUCHED=()

# put PATH [WHAT NOW WANTED]: standard input as the file's new text; before, a copy for `give_up` and one for good. A look
# tells it in these words.
put() {
  local path=$1 text
  text=$(
    cat
    printf x
  )
  if [ -e "$path" ] && printf '%s' "${text%x}" | cmp -s - "$path"; then
    return 0
  fi
  if looking; then
    same_text "$path" </dev/null || true
    differs "${2:-$path}" "${3:-$FILE_STATE}" "${4:-$AS_WRITTEN}"
    return 0
  fi
  mkdir -p "$BACK$(dirname "$path")"
  [ ! -e "$path" ] || cp -aL -- "$path" "$BACK$path"
  TOUCHED+=("$path")
  if [ ! -e "$PHOENIX_STATE/originals$path" ] && [ ! -e "$PHOENIX_STATE/originals$path.absent" ]; then
    : >"$BACK$path.fresh"
  fi
  keep_original "$path"
  write_file "$path" < <(printf '%s' "${text%x}") || true
  changed "wrote $path"
}

# give_up WHAT: restores everything as this run found it, and fails.
give_up() {
  local path
  for path in "${TOUCHED[@]}"; do
    if [ -e "$BACK$path.fresh" ]; then
      restore_original "$path"
    elif [ -e "$BACK$path" ]; then
      put_copy "$BACK$path" "$path"
    else
      rm -f -- "$path"
    fi
  done
  err "$*; nothing was changed"
}

# node_key URL FINGERPRINT: the repository's one key, checked against the fingerprint.
node_key() {
  local new=$BACK/key found
  need_cmd curl gpg
  curl -fsSL --proto '=https,file' --max-time 60 -o "$new" "$1" || give_up "the key of NodeSource could not be fetched from $1"
  found=$(gpg --batch --homedir "$BACK" --with-colons --show-keys "$new" 2>/dev/null | awk -F: '$1 == "pub" { p = 1 } $1 == "fpr" && p { print $10; p = 0 }' | paste -sd ' ' -) || true
  [ "$found" = "$2" ] || give_up "the key at $1 is not NodeSource's: its fingerprint is '${found:-none}' and $2 was expected"
  cat "$new"
}

put_key() {
  local key
  packages_ensure curl gpg
  key=$(node_key "$@") || exit 1
  put "$NODE_KEY" <<<"$key"
}

# take_out PATH: removes a file of ours, where another one offers the same.
take_out() {
  restore_original "$1" || rm -f "$1"
  changed "removed $1"
}

node_source() {
  local uri='' suite='' component='' url='' fingerprint=''
  load uri=nodeSource.uri suite=nodeSource.suite component=nodeSource.component url=nodeSource.keyUrl fingerprint=nodeSource.fingerprint
  # A repository that is listed twice with different key files would keep apt from reading any.
  if [ -z "$uri" ] || offered "${uri#*://}" "$component" "$NODE_SOURCES"; then
    [ ! -e "$NODE_SOURCES" ] || mend "$NODE_SOURCES" there missing take_out "$NODE_SOURCES"
    looking || [ ! -e "$NODE_KEY" ] || restore_original "$NODE_KEY" || true
    return 0
  fi
  [ -e "$NODE_KEY" ] || mend "$NODE_KEY" missing there put_key "$url" "$fingerprint"
  put "$NODE_SOURCES" < <(stanza "$uri" "$suite" "$component" "$NODE_KEY")
}

# Only problems that this step's own changes cause are a reason to undo them.
refresh() {
  # shellcheck disable=SC2034 # for packages_refresh
  local -a PACKAGES_VITAL=(proxmox.com deb.nodesource.com)
  packages_refresh ||
    give_up "the package lists could not be refreshed: $(packages_reason); check the node's network and its name server"
}

main() {
  read_settings
  local name keyring path text
  lock repositories 300
  name=$(release_name) || exit 1
  keyring=$(proxmox_keyring) || exit 1
  if ! looking; then
    scratch_folder BACK
    trap 'rm -rf "$BACK"' EXIT
  fi
  while read -r path; do
    [ "$path" = "$OWN_SOURCES" ] ||
      put "$path" "$path with enterprise.proxmox.com" enabled disabled < <(without_enterprise "$path")
  done < <(source_files)
  text=$(proxmox_sources "$name" "$keyring")
  if [ -n "$text" ]; then
    put "$OWN_SOURCES" <<<"$text"
  elif [ -e "$OWN_SOURCES" ]; then
    mend "$OWN_SOURCES" there missing take_out "$OWN_SOURCES"
  fi
  node_source
  ! looking || report
  # An earlier run that was interrupted here left the files without their lists.
  if [ "${#DID[@]}" -gt 0 ] || [ ! -e "$PHOENIX_STATE/lists-read" ]; then
    rm -f "$PHOENIX_STATE/lists-read"
    refresh
    : >"$PHOENIX_STATE/lists-read"
  fi
  report
}

main
