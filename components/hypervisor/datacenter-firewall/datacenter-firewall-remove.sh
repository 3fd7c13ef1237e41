#!/usr/bin/env bash
# Removes our part of the datacenter's firewall: the file is restored byte for byte when nobody has changed it since, else
# only our rules are removed and the former options restored.
# Settings: step.ts
. hypervisor/lib/guarded.sh
. hypervisor/datacenter-firewall/cluster-fw.sh
set -euo pipefail

# without_ours: the present file without our rules, with the options of the kept copy.
without_ours() {
  local options
  options=$(firewall_text "$PHOENIX_STATE/originals$CLUSTER_FW" | awk '
    { line = $0; sub(/^[ \t]+/, "", line); low = tolower(line) }
    low ~ /^\[/ { inside = (low ~ /^\[options\]/) }
    inside && low ~ /^(enable|policy_in|policy_out):/ { print line }')
  OPTIONS=$options awk '
    { line = $0; sub(/^[ \t]+/, "", line); sub(/[ \t]+$/, "", line); low = tolower(line) }
    low ~ /^\[/ {
      section = low; sub(/[ \t]*(#.*)?$/, "", section); print
      if (section == "[options]" && !had) { if (ENVIRON["OPTIONS"] != "") print ENVIRON["OPTIONS"]; had = 1 }
      next
    }
    section == "[options]" && low ~ /^(enable|policy_in|policy_out):/ { next }
    section == "[rules]" && line ~ /# phoenix(:.*)?$/ { next }
    { print }' "$CLUSTER_FW"
}

main() {
  cat >/dev/null
  local copy=$PHOENIX_STATE/originals$CLUSTER_FW text
  lock datacenter-firewall 300
  end_open_change
  if [ -e "$CLUSTER_FW" ] && [ -e "$GUARD_STATE/written" ]; then
    if [ "$(sha256sum <"$CLUSTER_FW")" != "$(cat "$GUARD_STATE/written")" ]; then
      text=$(without_ours)
      put_firewall <<<"$text"
      changed "took our part out of $CLUSTER_FW, which somebody has changed since"
    elif [ -e "$copy" ]; then
      put_firewall <"$copy"
      changed "brought $CLUSTER_FW back"
    else
      rm -f "$CLUSTER_FW"
      changed "removed $CLUSTER_FW"
    fi
  fi
  rm -f "$copy" "$copy.absent"
  rm -rf "$GUARD_STATE"
  report
}

main
