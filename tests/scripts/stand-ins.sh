#!/bin/bash
# Stand-ins for tools of a node that the lab does not simulate: what their manuals say, for the calls that our
# scripts make; anything else is refused. Put on a test's node by stand-ins.ts, one link for each name.
# State in /run/stand-ins: live (INTERFACE ADDRESS/PREFIX a line), gateway (INTERFACE ADDRESS), ufw/, faults/.
set -euo pipefail

STATE=/run/stand-ins

unknown() {
  printf '%s: not simulated: %s\n' "$NAME" "$*" >&2
  exit 1
}

fault() { [ -e "$STATE/faults/$1" ]; }

show_addresses() {
  local device=${1:-} interface address index=1
  if [ -n "$device" ] && [ ! -d "/sys/class/net/$device" ]; then
    printf 'Device "%s" does not exist.\n' "$device" >&2
    exit 1
  fi
  while read -r interface address; do
    index=$((index + 1))
    [ -n "$device" ] && [ "$interface" != "$device" ] || printf '%d: %s    inet %s scope global %s\\       valid_lft forever preferred_lft forever\n' "$index" "$interface" "$address" "$interface"
  done <"$STATE/live"
}

run_ip() {
  local interface address
  case "$*" in
    "-4 -o address show scope global") show_addresses ;;
    "-4 -o address show dev "*" scope global") show_addresses "$6" ;;
    "-4 route show default dev "*)
      while read -r interface address; do
        [ "$interface" != "$6" ] || printf 'default via %s proto kernel onlink \n' "$address"
      done <"$STATE/gateway"
      ;;
    *) unknown "$@" ;;
  esac
}

# ifupdown2: every stanza of an interface counts, in whichever file it stands.
run_ifreload() {
  local said
  case "$*" in "-a" | "-a -s") ;; *) unknown "$@" ;; esac
  said=$(awk '
    $1 == "iface" && NF < 2 { print "error: " FILENAME ": line" FNR ": invalid iface line"; next }
    $1 == "address" && $2 !~ /^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+\/[0-9]+$/ { print "error: " FILENAME ": line" FNR ": invalid address " $2 }' \
    /etc/network/interfaces /etc/network/interfaces.d/*) || true
  if [ -n "$said" ] || fault "ifreload${2:-}"; then
    printf '%s\n' "${said:-error: vmbr0: operation failed}" >&2
    exit 1
  fi
  [ "$*" = -a ] || return 0
  awk -v live="$STATE/live" -v gateway="$STATE/gateway" '
    $1 == "iface" { interface = $2 }
    $1 == "address" { print interface, $2 >live }
    $1 == "gateway" { print interface, $2 >gateway }' /etc/network/interfaces /etc/network/interfaces.d/*
}

run_timedatectl() {
  case "$*" in "set-timezone "*) ;; *) unknown "$@" ;; esac
  if [ ! -f "/usr/share/zoneinfo/$2" ]; then
    printf "Failed to set time zone: Invalid or not installed time zone '%s'\n" "$2" >&2
    exit 1
  fi
  ln -sfn "../usr/share/zoneinfo/$2" /etc/localtime
}

run_ufw() {
  local rules=$STATE/ufw/rules active=$STATE/ufw/active
  touch "$rules"
  if fault ufw; then
    echo "ERROR: problem running ufw-init" >&2
    exit 1
  fi
  case "$*" in
    "status") if [ -e "$active" ]; then echo "Status: active"; else echo "Status: inactive"; fi ;;
    "show added")
      echo "Added user rules (see 'ufw status' for running firewall):"
      sed 's/^/ufw /' "$rules"
      ;;
    "--force enable")
      : >"$active"
      echo "Firewall is active and enabled on system startup"
      ;;
    "--force disable")
      rm -f "$active"
      echo "Firewall stopped and disabled on system startup"
      ;;
    "--dry-run allow "* | "--dry-run route allow "*)
      shift
      if grep -Fxq -- "$*" "$rules"; then printf 'Skipping adding existing rule\nSkipping adding existing rule (v6)\n'; else printf '*filter\n'; fi
      ;;
    "allow "* | "route allow "*)
      printf '%s\n' "$*" >>"$rules"
      printf 'Rules updated\nRules updated (v6)\n'
      ;;
    "delete route "*) unknown "$@" ;;
    "delete "* | "route delete "*)
      if [ "$1" = route ]; then set -- delete route "${@:3}"; fi
      shift
      grep -Fxv -- "$*" "$rules" >"$rules.new" || true
      mv "$rules.new" "$rules"
      printf 'Rules updated\nRules updated (v6)\n'
      ;;
    *) unknown "$@" ;;
  esac
}

# A grammar of one rule a line; the real visudo takes its place where the machine has it.
run_visudo() {
  local file=/etc/sudoers line
  local -a files=("$file" /etc/sudoers.d/*)
  case "$*" in "-c") ;; "-c -f "*) files=("$3") ;; *) unknown "$@" ;; esac
  for file in "${files[@]}"; do
    [ -f "$file" ] || continue
    line=$(grep -nvE '^(#.*|@includedir .*|Defaults.*|[[:space:]]*|[%a-z_][a-z0-9_-]*[[:space:]]+[A-Za-z]+=\([A-Z]+(:[A-Z]+)?\) ([A-Z]+:)? ?[A-Za-z/]+)$' "$file" | head -n 1) || true
    if [ -n "$line" ]; then
      printf '%s:%s:1: syntax error\n' "$file" "${line%%:*}" >&2
      exit 1
    fi
    printf '%s: parsed OK\n' "$file"
  done
}

NAME=${0##*/}
mkdir -p "$STATE/ufw" "$STATE/faults"
"run_$NAME" "$@"
