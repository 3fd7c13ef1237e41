#!/usr/bin/env bash
# Repositories of the node's own release: Proxmox VE's and Ceph's without a subscription, NodeSource's when
# asked for; those that need a subscription disabled. Other files of the node stay as they are.
# Settings: step.ts
. hypervisor/lib/packages.sh
. hypervisor/initial-setup/lib/sources.sh
set -euo pipefail

BACK=''
TOUCHED=()

# put PATH: standard input as the file's new text; before, a copy for `give_up` and one for good.
put() {
  local path=$1 text
  text=$(
    cat
    printf x
  )
  if [ -e "$path" ] && printf '%s' "${text%x}" | cmp -s - "$path"; then
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

# give_up WHAT: everything as this run found it.
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

# node_key URL FINGERPRINT: the one key of the repository, compared with the one that is expected.
node_key() {
  local new=$BACK/key found
  need_cmd curl gpg
  curl -fsSL --proto '=https,file' --max-time 60 -o "$new" "$1" || give_up "the key of NodeSource could not be fetched from $1"
  found=$(gpg --batch --homedir "$BACK" --with-colons --show-keys "$new" 2>/dev/null | awk -F: '$1 == "pub" { p = 1 } $1 == "fpr" && p { print $10; p = 0 }' | paste -sd ' ' -) || true
  [ "$found" = "$2" ] || give_up "the key at $1 is not NodeSource's: its fingerprint is '${found:-none}' and $2 was expected"
  cat "$new"
}

node_source() {
  local uri='' suite='' component='' url='' fingerprint='' key
  load uri=nodeSource.uri suite=nodeSource.suite component=nodeSource.component url=nodeSource.keyUrl fingerprint=nodeSource.fingerprint
  # One that is there twice, with two files of keys, would keep apt from reading any.
  if [ -z "$uri" ] || offered "${uri#*://}" "$component" "$NODE_SOURCES"; then
    [ ! -e "$NODE_SOURCES" ] || { restore_original "$NODE_SOURCES" && changed "removed $NODE_SOURCES"; }
    [ ! -e "$NODE_KEY" ] || restore_original "$NODE_KEY" || true
    return 0
  fi
  if [ ! -e "$NODE_KEY" ]; then
    packages_ensure curl gpg
    key=$(node_key "$url" "$fingerprint") || exit 1
    put "$NODE_KEY" <<<"$key"
  fi
  put "$NODE_SOURCES" < <(stanza "$uri" "$suite" "$component" "$NODE_KEY")
}

# Only what this step brings is a reason to take it back.
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
  scratch_folder BACK
  trap 'rm -rf "$BACK"' EXIT
  while read -r path; do
    [ "$path" = "$OWN_SOURCES" ] || put "$path" < <(without_enterprise "$path")
  done < <(source_files)
  text=$(proxmox_sources "$name" "$keyring")
  if [ -n "$text" ]; then
    put "$OWN_SOURCES" <<<"$text"
  elif [ -e "$OWN_SOURCES" ]; then
    restore_original "$OWN_SOURCES" || rm -f "$OWN_SOURCES"
    changed "removed $OWN_SOURCES"
  fi
  node_source
  # A run that ended here before left the files and no lists.
  if [ "${#DID[@]}" -gt 0 ] || [ ! -e "$PHOENIX_STATE/lists-read" ]; then
    rm -f "$PHOENIX_STATE/lists-read"
    refresh
    : >"$PHOENIX_STATE/lists-read"
  fi
  report
}

main
