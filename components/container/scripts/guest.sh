#!/usr/bin/env bash
# Joined between the prelude and a container's script: what several of them need.

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
guest_has_tag() { guest_value "$1" tags | tr ';, ' '\n' | grep -Fxq -- "$2"; }

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
