#!/usr/bin/env bash
# How an export stands in files and in the server's table. Joined in front of the scripts of an export.
set -euo pipefail

# export_file NAME: our own file for one export; exportfs reads every *.exports there.
export_file() { printf '/etc/exports.d/phoenix-%s.exports' "$1"; }

# export_text PATH OPTIONS CLIENT…: the text of that file, one line with every client.
export_text() {
  local path=$1 options=$2 client line
  shift 2
  line=$path
  for client; do line+=" $client($options)"; done
  printf '# Written by Phoenix from nfs.exports; changes here are lost.\n%s\n' "$line"
}

# exported PATH: its clients in the server's table, a line each.
exported() {
  exportfs -s 2>/dev/null | awk -v path="$1" '$1 == path { sub(/\(.*/, "", $2); print $2 }'
}

# exported_elsewhere PATH FILE: where a line that is not ours exports the folder, as file:line.
exported_elsewhere() {
  local file
  for file in /etc/exports /etc/exports.d/*.exports; do
    if [ "$file" = "$2" ] || [ ! -f "$file" ]; then continue; fi
    awk -v path="$1" '{ p = $1; gsub(/"/, "", p); if (p != "/") sub(/\/+$/, "", p) }
      p == path { print FILENAME ":" FNR; exit }' "$file"
  done | sed -n 1p
}

# exports_again: what the files say to the server. Another export's mistake is told, and is not ours.
exports_again() {
  local said
  said=$(exportfs -ra 2>&1 </dev/null 3>&- 9>&-) && return 0
  warn "exportfs complains about other exports: $(grep -v '^$' <<<"$said" | joined)"
}
