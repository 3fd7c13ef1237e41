#!/usr/bin/env bash
# How an export stands in files and in the server's table.
. hypervisor/zfs/lib/report.sh
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

# export_by_hand CLIENT PATH OPTIONS: into the server's table, without a file. An IPv6 address stands in brackets here,
# with its prefix length behind them.
export_by_hand() {
  local client=$1
  if [[ $client == *:* ]]; then client="[${client%%/*}]${client#"${client%%/*}"}"; fi
  exportfs -i -o "$3" "$client:$2" 2>&1 </dev/null 3>&- 9>&-
}

# exports_again PATH: has the server apply the files for this folder. Exports of other folders stay: one that somebody made
# by hand is in no file. An error in another export's file is shown, and does not end the step.
exports_again() {
  local said code=0 before path client options
  before=$(exportfs -s 2>/dev/null | awk -v path="$1" '$1 != path')
  said=$(exportfs -ra 2>&1 </dev/null 3>&- 9>&-) || code=$?
  [ "$code" -eq 0 ] || warn "exportfs complains about other exports: $(grep -v '^$' <<<"$said" | joined)"
  while read -r path client; do
    options=${client#*\(}
    client=${client%%\(*}
    if [ -z "$client" ] || exported "$path" | grep -Fx -- "$client" >/dev/null; then continue; fi
    export_by_hand "$client" "$path" "${options%)}" >/dev/null ||
      warn "$path is exported to $client no more, which was done by hand and stands in no file: see exports(5)"
  done <<<"$before"
}
