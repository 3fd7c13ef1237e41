#!/usr/bin/env bash
# Restores the node's repositories. Packages stay.
. hypervisor/lib/packages.sh
. hypervisor/initial-setup/repositories/sources.sh
set -euo pipefail

main() {
  cat >/dev/null
  local path
  lock repositories 300
  while read -r path; do
    if restore_original "$path"; then
      changed "brought $path back"
    fi
  done < <(
    source_files
    printf '%s\n' "$OWN_SOURCES" "$NODE_SOURCES" "$NODE_KEY"
  )
  rm -f "$PHOENIX_STATE/lists-read"
  # Without a network this fails, and the next apt-get update does it.
  [ "${#DID[@]}" -eq 0 ] || packages_apt update || say "warning: the package lists could not be refreshed: $(packages_reason)"
  report
}

main
