#!/usr/bin/env bash
# The bridge's address: in the files and live, and how to undo a change.
. hypervisor/lib/guarded.sh
set -euo pipefail

INTERFACES=/etc/network/interfaces
GUARD_STATE=$PHOENIX_STATE/network
# shellcheck disable=SC2034 # for guarded.sh
GUARDED='the network' PUT_BACK=put_network_back MAKE_LASTING=:
BRIDGE=''
ADDRESS=''
GATEWAY=''
OWN_FILE=''

read_bridge() {
  load BRIDGE=bridge ADDRESS=address GATEWAY=gateway
  OWN_FILE=/etc/network/interfaces.d/50-$BRIDGE.cfg
}

live_addresses() { ip -4 -o address show dev "$1" scope global | awk '{ print $4 }'; }

live_gateway() { ip -4 route show default dev "$BRIDGE" | awk '$2 == "via" { print $3; exit }'; }

# configured KEY: the bridge's IPv4 values for a key in the files, one a line.
configured() {
  local -a files=("$INTERFACES")
  mapfile -t -O 1 files < <(find /etc/network/interfaces.d -maxdepth 1 -type f 2>/dev/null | sort)
  awk -v bridge="$BRIDGE" -v key="$1" '
    $1 == "iface" { inside = ($2 == bridge) }
    $1 == "auto" || $1 ~ /^(allow-|source)/ { inside = 0 }
    inside && $1 == key && $2 !~ /:/ { print $2 }' "${files[@]}"
}

is_live() { [ "$(live_addresses "$BRIDGE")" = "$ADDRESS" ] && [ "$(live_gateway)" = "$GATEWAY" ]; }

is_configured() {
  local address
  address=$(configured address)
  [ "${address%/*}" = "${ADDRESS%/*}" ] && [ "$(configured gateway)" = "$GATEWAY" ]
}

# interfaces_text: the node's file without the bridge's IPv4 address, which a file of our own gives. Two of
# them would both be set.
interfaces_text() {
  awk -v bridge="$BRIDGE" '
    $1 == "iface" { inside = ($2 == bridge && $0 !~ /inet6/); if (inside) sub(/inet[ \t]+(static|dhcp)/, "inet manual") }
    $1 == "auto" || $1 ~ /^(allow-|source)/ { inside = 0 }
    inside && ($1 == "address" || $1 == "netmask" || $1 == "gateway") && $2 !~ /:/ { next }
    { print }' "$INTERFACES"
}

own_text() {
  printf '# Written by Phoenix from network.interfaces; ports and options of the bridge are in %s.\n' "$INTERFACES"
  printf 'iface %s inet static\n\taddress %s\n\tgateway %s\n' "$BRIDGE" "$ADDRESS" "$GATEWAY"
}

# remember_network: keeps the present files, to undo the change. From here on a change is open.
remember_network() {
  mkdir -p "$GUARD_STATE" "$(dirname "$OWN_FILE")"
  rm -f "$GUARD_STATE/own"
  cp -aL -- "$INTERFACES" "$GUARD_STATE/interfaces"
  [ ! -e "$OWN_FILE" ] || cp -aL -- "$OWN_FILE" "$GUARD_STATE/own"
  sync -- "$GUARD_STATE"/interfaces "$GUARD_STATE" || true
  open_change
}

restore_files() {
  put_copy "$GUARD_STATE/interfaces" "$INTERFACES"
  if [ -e "$GUARD_STATE/own" ]; then put_copy "$GUARD_STATE/own" "$OWN_FILE"; else remove_file "$OWN_FILE"; fi
}

put_network_back() {
  restore_files
  ifreload -a || true
}
