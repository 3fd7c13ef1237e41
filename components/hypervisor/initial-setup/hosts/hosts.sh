#!/usr/bin/env bash
# /etc/hosts resolves the node's name to the bridge's address, which Proxmox VE needs to start.
# Settings: step.ts
. hypervisor/initial-setup/lib/written.sh
set -euo pipefail

FILE=/etc/hosts

# hosts_text ADDRESS NAME: the file with the name at that address alone; a domain that it had is kept.
hosts_text() {
  awk -v address="$1" -v name="$2" '
    function ours(word) { return word == name || index(word, name ".") == 1 }
    function place() { if (!placed) print address, full, name; placed = 1 }
    NR == FNR { for (i = 2; i <= NF && $i !~ /^#/; i++) if (index($i, name ".") == 1 && full == "") full = $i; next }
    FNR == 1 && full == "" { full = name ".local" }
    /^[ \t]*(#|$)/ { print; next }
    {
      mine = 0; rest = ""
      for (i = 2; i <= NF; i++) {
        if ($i ~ /^#/) { for (; i <= NF; i++) rest = rest " " $i; break }
        if (ours($i)) mine = 1; else rest = rest " " $i
        if ($1 == address && $i == name) exact = 1
      }
      if (mine && $1 == address && exact && !placed) { print; placed = 1; next }
      if (!mine) { print; next }
      place()
      if (rest != "" && rest !~ /^ #/) print $1 rest
    }
    END { place() }' "$FILE" "$FILE"
}

# addresses NAME: the addresses that it has in the file now.
addresses() {
  awk -v name="$1" '/^[ \t]*#/ { next }
    { for (i = 2; i <= NF && $i !~ /^#/; i++) if ($i == name || index($i, name ".") == 1) { print $1; next } }' "$FILE" | paste -sd ' ' - | grep . || echo none
}

# put_hosts NAME ADDRESS TEXT
put_hosts() { ! write_shared "$FILE" <<<"$3" || changed "$FILE: $1 is $2"; }

main() {
  read_settings
  local address='' name text
  load address=address
  address=${address%/*}
  name=$(hostname)
  name=${name%%.*}
  lock hosts 60
  [ -s "$FILE" ] || err "$FILE is missing or empty; nothing was changed"
  text=$(hosts_text "$address" "$name")
  [ "$(<"$FILE")" = "$text" ] || mend "$FILE address of $name" "$(addresses "$name")" "$address" put_hosts "$name" "$address" "$text"
  report
}

main
