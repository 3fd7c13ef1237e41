#!/usr/bin/env bash
# Restarts the host when the driver needs it and it is allowed. The script ends successfully before the host goes down;
# the next step's connection waits until it is back.
# Settings: step.ts
. hypervisor/nvidia-driver/lib/nvidia.sh
set -euo pipefail

# A new connection to a host that is about to restart would be interrupted: sshd stops listening first; sessions stay. All
# of this is one separate process: if the host does not restart, sshd listens again.
restart_host() {
  # shellcheck disable=SC2016 # expanded by the shell it is given to
  setsid bash -c '
    trap "systemctl start ssh" EXIT
    systemctl --quiet is-active ssh.socket && systemctl stop ssh.socket
    systemctl stop ssh
    for _ in $(seq 100); do kill -0 "$1" 2>/dev/null || break; sleep 0.1; done
    # Time for the result to reach the engine.
    sleep 1
    if systemctl reboot >"$2" 2>&1; then sleep "$3"; echo "it was told to and did not within $3 s" >>"$2"; fi
  ' restart "$$" "$NVIDIA_STATE/restart-failed" "${PHOENIX_RESTART_WAIT:-300}" </dev/null >/dev/null 2>&1 3>&- 9>&- &
  wait_for 10 ssh_stopped || say "warning: the SSH server still listens; the next step may be cut off, run again then"
  changed "restarting $(hostname)"
}

ssh_stopped() { ! systemctl is-active --quiet ssh; }

main() {
  read_settings
  local version='' allowed=''
  load version=version allowed=allowed
  lock nvidia 1800
  nvidia_without_card
  if looking; then
    nvidia_ready "$version" || true
    report
  fi
  if [ ! -e "$NVIDIA_RESTART" ] || [ "$(nvidia_version)" = "$version" ]; then
    rm -f "$NVIDIA_RESTART"
    report
    return
  fi
  [ "$allowed" = true ] || CODE=6 err "the NVIDIA driver $version is installed and takes effect when $(hostname) restarts" \
    "($(cat "$NVIDIA_RESTART") is still loaded); nvidia_driver.reboot is false, so restart it yourself ('systemctl reboot')," \
    "then run again"
  restart_host
  report
}

main
