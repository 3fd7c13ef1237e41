#!/usr/bin/env bash
# Restores /etc/hosts, unless the node's name has changed since: Proxmox VE could not start then.
. hypervisor/initial-setup/lib/written.sh
set -euo pipefail

names_node() {
  awk -v name="$1" '!/^[ \t]*#/ { for (i = 2; i <= NF; i++) if ($i == name || index($i, name ".") == 1) found = 1 } END { exit !found }' "$2"
}

main() {
  cat >/dev/null
  local name
  lock hosts 60
  name=$(hostname)
  if [ -e "$PHOENIX_STATE/originals/etc/hosts" ] && ! names_node "${name%%.*}" "$PHOENIX_STATE/originals/etc/hosts"; then
    say "the /etc/hosts of before does not name ${name%%.*}: kept as it is"
  else
    bring_back /etc/hosts
  fi
  report
}

main
