#!/usr/bin/env bash
# The ports that SSH is reached on.
set -euo pipefail

# ssh_ports PORT: that of this connection (else PORT, the stack's) and sshd's own, one a line.
ssh_ports() {
  local arrived=''
  read -r _ _ _ arrived <<<"${SSH_CONNECTION:-}"
  {
    printf '%s\n' "${arrived:-$1}"
    sshd -T 2>/dev/null | awk '$1 == "port" { print $2 }' || true
  } | sort -nu
}
