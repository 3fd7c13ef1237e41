#!/usr/bin/env bash
# Upgrades every package of the node, once for each value of the key; never by itself, and without a reboot.
# Settings: step.ts
. hypervisor/lib/packages.sh
set -euo pipefail

MARK=$PHOENIX_STATE/upgraded

# newest_kernel: the newest of Proxmox's kernels that is installed.
newest_kernel() {
  local path
  for path in /boot/vmlinuz-*-pve; do
    [ ! -e "$path" ] || printf '%s\n' "${path#/boot/vmlinuz-}"
  done | sort -V | tail -n 1
}

main() {
  read_settings
  local wanted='' counts kernel
  load wanted=upgrade
  lock upgrade 1800
  if [ "$wanted" != never ] && ! { [ -e "$MARK" ] && [ "$(cat "$MARK")" = "$wanted" ]; }; then
    packages_refresh ||
      err "the package lists could not be refreshed: $(packages_reason); no package was changed; mend that repository" \
        "or the node's network and name server ('apt-get update' shows it), then run again"
    # --no-remove: an upgrade that would remove packages is left to the user.
    if ! packages_apt dist-upgrade --no-remove; then
      packages_mend || err "the upgrade failed: $(packages_reason); see $PHOENIX_LOGS/packages.log on the node, mend it there ('apt-get dist-upgrade') and run again"
      packages_apt dist-upgrade --no-remove || err "the upgrade failed: $(packages_reason)"
    fi
    counts=$(grep -E '^[0-9]+ upgraded,|^Upgrading:|^ *Upgrading: [0-9]+' <<<"$PACKAGES_SAID" | tail -n 1) || true
    changed "upgraded the node for '$wanted'${counts:+ ($(xargs <<<"$counts"))}"
    if [ -s /etc/kernel/proxmox-boot-uuids ]; then
      proxmox-boot-tool refresh >&2 || err "proxmox-boot-tool refresh failed; its messages are above"
    fi
    update-initramfs -u >&2 || err "update-initramfs failed; its messages are above"
    write_file "$MARK" 600 <<<"$wanted" || true
  fi
  kernel=$(newest_kernel)
  if [ -n "$kernel" ] && [ "$kernel" != "$(uname -r)" ] && [ "${#DID[@]}" -gt 0 ]; then
    changed "a reboot is needed to run kernel $kernel (running $(uname -r)); Phoenix does not reboot for it"
  fi
  report
}

main
