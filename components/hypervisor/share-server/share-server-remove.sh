#!/usr/bin/env bash
# Stops a server that shares files, unless it ran before us or still serves something of somebody else. Packages stay.
# Settings: step.ts
. hypervisor/lib/sharing.sh
. hypervisor/lib/packages.sh
. hypervisor/lib/services.sh
. hypervisor/lib/firewall.sh
set -euo pipefail

# samba_shares: every section that Samba knows, in whichever file it stands, and the shares that users made.
samba_shares() {
  local file
  { testparm -s || cat /etc/samba/smb.conf; } 2>/dev/null </dev/null | sed -n 's/^[ \t]*\[\(.*\)\][ \t]*$/\1/p'
  for file in /var/lib/samba/usershares/*; do [ ! -f "$file" ] || printf '%s\n' "${file##*/}"; done
}

# still_serves: what the server still serves; ours has been removed before.
still_serves() {
  case $AREA in
    nfs) exportfs -s 9>&- | awk '{ print $1 }' ;;
    samba) samba_shares | { grep -Eivx 'global|homes|printers|print\$' || true; } ;;
  esac | sort -u | joined
}

main() {
  read_settings
  local unit others
  local -a units
  load AREA=area
  mapfile -t units < <(list units)
  lock "$AREA" 300
  firewall_forget "$AREA"
  others=$(still_serves) || others='nobody can tell: its message is above'
  if [ ! -e "$PHOENIX_STATE/servers/$AREA" ]; then
    say "$AREA was not set up by us: kept"
  elif [ -n "$others" ]; then
    # The note of units that ran before us stays, for when the server becomes ours again.
    warn "the server still shares what others set up ($others): kept running"
    finish
    return
  else
    for unit in "${units[@]}"; do
      grep -Fxq -- "$unit" "$PHOENIX_STATE/servers/$AREA" || service_stop "$unit"
    done
  fi
  rm -f "$PHOENIX_STATE/servers/$AREA"
  finish
}

main
