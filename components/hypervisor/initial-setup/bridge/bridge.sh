#!/usr/bin/env bash
# The bridge's static address. Where the live one differs, it is set with a guard that undoes the change by itself unless
# the next step confirms it over a new connection.
# Settings: step.ts
. hypervisor/initial-setup/lib/written.sh
. hypervisor/lib/guarded.sh
. hypervisor/initial-setup/bridge/network.sh
set -euo pipefail

STAGE=''

# refuse WHAT: before anything was changed.
refuse() { err "$*; nothing was changed"; }

require_safe() {
  local other arrived
  [ -d "/sys/class/net/$BRIDGE/bridge" ] || refuse "there is no bridge $BRIDGE on this node; network.interfaces.name names one that 'ip -br link show type bridge' lists"
  grep -Eq "^[[:space:]]*iface[[:space:]]+$BRIDGE([[:space:]]|\$)" "$INTERFACES" ||
    refuse "$INTERFACES does not define $BRIDGE; another file or program does: give it the address $ADDRESS there"
  grep -Eq '^[[:space:]]*source(-directory)?[[:space:]]+(/etc/network/)?interfaces\.d' "$INTERFACES" ||
    refuse "$INTERFACES does not read /etc/network/interfaces.d; add the line 'source /etc/network/interfaces.d/*'"
  other=$(ip -4 -o address show scope global | awk -v bridge="$BRIDGE" -v address="${ADDRESS%/*}" '$2 != bridge && index($4, address "/") == 1 { print $2; exit }')
  [ -z "$other" ] || refuse "$other has the address ${ADDRESS%/*} already; two interfaces cannot have it"
  read -r _ _ arrived _ <<<"${SSH_CONNECTION:-}"
  if [ -n "${arrived:-}" ] && [ "$arrived" != "${ADDRESS%/*}" ] && grep -q "^$arrived/" <<<"$(live_addresses "$BRIDGE")"; then
    refuse "this connection comes in on $arrived, which $BRIDGE would lose for $ADDRESS; correct network.interfaces.address," \
      "or give the node the new address by hand ('ip address add $ADDRESS dev $BRIDGE') and set the stack's address to it first"
  fi
}

# apply: sets it live, with the guard running.
apply() {
  local said
  start_guard "$PHOENIX_LOGS/network.log" || true
  if ! said=$(ifreload -a 2>&1 9>&-) || ! is_live; then
    stop_guard "ifreload did not bring the address about"
    refuse "ifreload did not give $BRIDGE $ADDRESS by way of $GATEWAY (${said:-no message}); the network of before is back"
  fi
}

# undo: for when not all files could be written, or they are refused.
undo() { [ "$STAGE" != writing ] || { restore_files && close_change; }; }

# tell_bridge: what of it is not as it is to be, live and in the files.
tell_bridge() {
  tell address "$(live_addresses "$BRIDGE" | paste -sd ' ' -)" "$ADDRESS" ''
  tell gateway "$(live_gateway)" "$GATEWAY" ''
  is_configured || {
    tell address "$(configured address | paste -sd ' ' -)" "$ADDRESS" "in /etc/network"
    tell gateway "$(configured gateway | paste -sd ' ' -)" "$GATEWAY" "in /etc/network"
  }
}

# tell KEY NOW WANTED PLACE
tell() { [ "$2" = "$3" ] || differs "$BRIDGE $1${4:+ $4}" "${2:-none}" "$3"; }

main() {
  need_cmd ip ifreload
  read_settings
  read_bridge
  local said
  lock network 300
  looking || end_open_change
  if is_live && is_configured; then
    report
    return 0
  fi
  require_safe
  if looking; then
    tell_bridge
    report
  fi
  keep_original "$OWN_FILE"
  remember_network
  STAGE=writing
  trap undo EXIT
  # In this order the bridge has an address in the files at any moment.
  write_file "$OWN_FILE" < <(own_text) || true
  write_shared "$INTERFACES" < <(interfaces_text) || true
  said=$(ifreload -a -s 2>&1) ||
    refuse "ifreload refuses the network's files: $(tail -n 3 <<<"$said" | paste -sd ' ' -)"
  STAGE=written
  changed "wrote $OWN_FILE"
  if is_live; then
    close_change
  else
    apply
    changed "$BRIDGE is $ADDRESS by way of $GATEWAY, until it is confirmed for at most $GUARD_SECONDS s"
  fi
  report
}

main
