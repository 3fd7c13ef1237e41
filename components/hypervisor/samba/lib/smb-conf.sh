#!/usr/bin/env bash
# smb.conf and our own file beside it.
. hypervisor/lib/services.sh
set -euo pipefail

CONF=/etc/samba/smb.conf
OURS=/etc/samba/phoenix.conf
INCLUDED="^[[:space:]]*include[[:space:]]*=[[:space:]]*${OURS}[[:space:]]*\$"
# This note exists until the servers have read what was written.
PENDING=$PHOENIX_STATE/samba/reload

# with_include PATH [FILE]: FILE with one line of ours behind the last setting of its last [global] section, where
# our values win over what stands before. Without such a section, one is added.
with_include() {
  awk -v line="   include = $1" '
    { text[NR] = $0 }
    /^[ \t]*\[/ {
      name = tolower($0); gsub(/[ \t]/, "", name)
      inside = (name ~ /^\[global\]/)
      if (inside) last = NR
      next
    }
    inside && !/^[ \t]*([#;]|$)/ { last = NR }
    END {
      for (i = 1; i <= NR; i++) { print text[i]; if (i == last) print line }
      if (!last) { print "[global]"; print line }
    }' "${2:-$CONF}"
}

# includes: how many times smb.conf has our line.
includes() { grep -Ec "$INCLUDED" "$CONF" || true; }

has_include() { [ "$(includes)" -eq 1 ]; }

# without_include: smb.conf without any line of ours.
without_include() { grep -Ev "$INCLUDED" "$CONF" || true; }

# note_pending: called before the files are written, so that after an interruption the next run has the servers read them.
note_pending() {
  install -d -m 700 "$PHOENIX_STATE/samba"
  : >"$PENDING"
}

# servers_again: has the running servers read the files; connections stay.
servers_again() {
  local unit
  for unit in smbd nmbd; do
    if systemctl is-active --quiet "$unit"; then service_try reload "$unit" "could not be reloaded"; fi
  done
  rm -f "$PENDING"
}
