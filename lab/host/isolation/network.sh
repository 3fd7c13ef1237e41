#!/bin/bash
# Runs a program in a network namespace that has just been made: its loopback is brought up, and nothing else is
# there, so that no connection leads out. The host's own addresses lie on loopback, since a kernel without
# modules has no bridges.
#
#   network.sh ADDRESSES PROGRAM...    ADDRESSES: such as "10.0.0.13/24 10.0.0.14/24", may be empty
set -euo pipefail

# SIOCSIFFLAGS with IFF_UP, IFF_LOOPBACK and IFF_RUNNING: netdevice(7). For machines without iproute2.
with_perl() {
  # shellcheck disable=SC2016 # Perl's own variables
  perl -e 'use Socket; socket(my $s, AF_INET, SOCK_DGRAM, 0) or exit 1;
    my $request = pack("a16 s x14", "lo", 0x49); ioctl($s, 0x8914, $request) or exit 1'
}

loopback_up() {
  if command -v ip >/dev/null; then
    ip link set lo up
  else
    with_perl
  fi
}

main() {
  local addresses=$1 address
  shift
  if ! loopback_up; then
    printf '{"error":"loopback cannot be brought up in a network namespace: neither ip nor perl did it"}\n'
    exit 1
  fi
  # Without iproute2 the host does without them.
  for address in $addresses; do
    ip address add "$address" dev lo 2>/dev/null || true
  done
  exec "$@"
}

main "$@"
