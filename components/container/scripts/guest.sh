#!/usr/bin/env bash
# Joined between the prelude and a container's script: what several of them need.

# Set by enter_guest.
CTID=''
TAG=''

# enter_guest STEP: reads the settings, opens the step's log, locks the guest and proves it ours.
enter_guest() {
  need_cmd pct jq
  read_settings
  load CTID=ctid TAG=tag
  log_as "ct-$CTID-$1"
  lock "guest-$CTID" 600
  require_ours "$CTID" "$TAG"
}

guest_conf() { printf '/etc/pve/lxc/%s.conf\n' "$1"; }

# guest_value CTID KEY: a value of the container's own configuration, above the first [section].
guest_value() {
  awk -v key="$2" '
    /^\[/ { exit }
    index($0, key ":") == 1 { sub(/^[^:]*:[ \t]*/, ""); print; exit }
  ' "$(guest_conf "$1")"
}

guest_exists() { [ -e "$(guest_conf "$1")" ]; }

guest_running() { [ "$(pct status "$1" 2>/dev/null)" = "status: running" ]; }

# guest_has_tag CTID TAG
guest_has_tag() { guest_value "$1" tags | tr ';, ' '\n' | grep -Fx -- "$2" >/dev/null; }

# require_ours CTID TAG: refuses a container that is not this stack's, by name, and leaves it as it is.
require_ours() {
  guest_exists "$1" || err "CT $1 does not exist on node '$(hostname)' any more; run 'phoenix refresh', then 'phoenix up'"
  guest_has_tag "$1" "$2" || refuse_foreign "$1" "$2"
}

refuse_foreign() {
  err "CT $1 already exists on node '$(hostname)' as '$(guest_value "$1" hostname)' and is not of this stack" \
    "(it has no tag '$2'). It was left untouched. Give the entry another CTID, remove that container," \
    "or let this stack take it over: pulumi config set --path 'phoenix:adopt[0]' $1"
}

# require_not_vm CTID: VMs and containers share one range of ids.
require_not_vm() {
  [ ! -e "/etc/pve/qemu-server/$1.conf" ] ||
    err "id $1 is taken by VM '$(sed -n 's/^name: *//p;/^\[/q' "/etc/pve/qemu-server/$1.conf")' on node '$(hostname)';" \
      "it was left untouched. Give the entry another CTID."
}

# The container's own volumes by name: NAME<TAB>VOLUME<TAB>keep|destroy.
volumes_file() { printf '%s/guests/%s.volumes\n' "$PHOENIX_STATE" "$1"; }

# keep_volumes CTID: takes the volumes that are to outlive the container out of its configuration. Proxmox VE
# destroys what the configuration names, and only that.
keep_volumes() {
  local conf kept
  conf=$(guest_conf "$1")
  kept=$(awk -F '\t' '$3 == "keep" { print $2 }' "$(volumes_file "$1")" 2>/dev/null) || return 0
  [ -n "$kept" ] || return 0
  if awk -v kept="$kept" '
    BEGIN { n = split(kept, list, "\n"); for (i = 1; i <= n; i++) keep[list[i]] = 1 }
    /^(mp|unused)[0-9]+:/ { split($2, part, ","); sub(/^volume=/, "", part[1]); if (part[1] in keep) { taken = 1; next } }
    { print }
    END { exit !taken }' "$conf" >"$conf.tmp.$$"; then
    mv -f "$conf.tmp.$$" "$conf"
    changed "CT $1: its volumes $(paste -sd' ' <<<"$kept") are kept"
  else
    rm -f "$conf.tmp.$$"
  fi
}

# gigabytes SIZE: Proxmox VE's 512M, 8G or 1T as whole gigabytes.
gigabytes() {
  awk -v v="${1:-0}" 'BEGIN { p = index("KMGT", toupper(substr(v, length(v)))); printf "%d", (v + 0) * 1024 ^ (p - 3) }'
}
