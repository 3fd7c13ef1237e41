#!/usr/bin/env bash
# One line for each container of the node: what its configuration, its packages and its snapshots are.
set -euo pipefail

value() { sed -n "s/^$1: //p" <<<"$conf"; }
part() { value "$1" | tr , '\n' | sed -n "s/^$2=//p"; }
joined() { paste -sd , | sed 's/^$/-/'; }
ours='docker-ce|cuda-toolkit-.*|nvtop|nvidia-container-toolkit'

for id in $(pct list | awk 'NR > 1 { print $1 }'); do
  conf=$(sed '/^\[/,$d' "/etc/pve/lxc/$id.conf")
  gpus=$(sed -nE 's/^dev[0-9]+: \/dev\/nvidia([0-9]+),.*/\1/p' <<<"$conf" | joined)
  mounts=$(sed -n 's/^mp[0-9]*: \(.*\),mp=\([^,]*\).*/\2/p' <<<"$conf" | sort | joined)
  # shellcheck disable=SC2016
  packages=$(pct exec "$id" -- dpkg-query -W -f '${db:Status-Abbrev}${Package}\n' 2>/dev/null |
    sed -n 's/^ii *//p' | { grep -xE "$ours" || true; } | sort | joined)
  snapshots=$(pct listsnapshot "$id" | sed -n 's/^ *`-> \([^ ]*\).*/\1/p' | { grep -vx current || true; } | joined)
  echo "$id $(value hostname) cores $(value cores) memory $(value memory) swap $(value swap) disk $(part rootfs size)" \
    "$(part net0 ip) $(part net0 gw) $(part net0 hwaddr) onboot $(value onboot) order $(part startup order)" \
    "unprivileged $(value unprivileged) $(value features)" \
    "| gpus $gpus | mounts $mounts | packages $packages | snapshots $snapshots"
done
