#!/usr/bin/env bash
# What every other script relies on: root on a Proxmox VE node, jq, and folders for state and logs.
set -euo pipefail

main() {
  cat >/dev/null
  [ "$(id -u)" -eq 0 ] || err "the SSH user must be root; this one is $(id -un)"
  command -v pveversion >/dev/null || err "$(hostname) is not a Proxmox VE node (no pveversion)"
  local version
  version=$(pveversion)
  case $version in
    pve-manager/8.* | pve-manager/9.*) ;;
    *) err "Proxmox VE 8 or 9 is needed; this node runs $version" ;;
  esac
  if ! command -v jq >/dev/null; then
    # A node that is just installed has no package lists. Those of a repository without a subscription cannot be
    # fetched yet; the others can.
    apt-get update >&2 || true
    DEBIAN_FRONTEND=noninteractive apt-get install -y jq >&2 ||
      err "jq could not be installed; check the node's package repositories (apt-get update)"
    changed "installed jq"
  fi
  local folder
  for folder in "$PHOENIX_STATE/guests" "$PHOENIX_STATE/storages" "$PHOENIX_LOGS"; do
    if [ ! -d "$folder" ]; then
      install -d -m 750 "$folder"
      changed "made $folder"
    fi
  done
  report
}

main
