#!/usr/bin/env bash
# Takes what these files mounted out of a container that stays; the data stays in its folders and volumes. A
# container that is gone, or is no longer this stack's, is left alone.
# Settings: {ctid, tag, mounts: […]}
set -euo pipefail

main() {
  read_settings
  load CTID=ctid TAG=tag
  lock "guest-$CTID" 600
  if guest_exists "$CTID" && guest_has_tag "$CTID" "$TAG"; then
    local key target
    while IFS=$'\t' read -r key target; do
      pve pct set "$CTID" --delete "$key" || err "CT $CTID: $target could not be taken out; Proxmox VE's message is above"
      changed "CT $CTID: took out $target; its data is kept"
    done < <(awk -v wanted="$(list 'mounts[].target | [.]')" '
      BEGIN { n = split(wanted, t, "\n"); for (i = 1; i <= n; i++) ours[t[i]] = 1 }
      /^\[/ { exit }
      /^mp[0-9]+:/ { for (i = split($2, p, ","); i > 1; i--) if (p[i] ~ /^mp=/ && substr(p[i], 4) in ours) { sub(/:$/, "", $1); print $1 "\t" substr(p[i], 4) } }
    ' "$(guest_conf "$CTID")")
    remove_file "$PHOENIX_STATE/guests/$CTID.mounts"
  fi
  report
}

main
