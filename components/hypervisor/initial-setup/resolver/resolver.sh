#!/usr/bin/env bash
# The node's name servers; search domains and options stay.
# Settings: step.ts
. hypervisor/initial-setup/lib/written.sh
set -euo pipefail

FILE=/etc/resolv.conf

put_nameservers() {
  write_shared "$FILE" < <(
    grep -Ev '^[[:space:]]*nameserver([[:space:]]|$)' "$FILE" 2>/dev/null || true
    list nameservers | awk '{ print "nameserver", $1 }'
  ) || true
}

main() {
  read_settings
  local now wanted
  wanted=$(list nameservers)
  [ -n "$wanted" ] || err "no name server is given; nothing was changed"
  lock resolver 60
  if [ -L "$FILE" ]; then
    err "$FILE is a link to $(readlink "$FILE"): another program keeps it; give that one the name servers" \
      "$(paste -sd ' ' - <<<"$wanted"), or make $FILE a file, and run again; nothing was changed"
  fi
  now=$(awk '$1 == "nameserver" { print $2 }' "$FILE" 2>/dev/null) || true
  [ "$now" = "$wanted" ] ||
    repair dns_nameservers "$(paste -sd ' ' - <<<"${now:-none}")" "$(paste -sd ' ' - <<<"$wanted")" put_nameservers
  report
}

main
