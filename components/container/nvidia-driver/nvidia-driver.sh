#!/usr/bin/env bash
# The user space of exactly the host's NVIDIA driver in a running container that has its devices.
# Settings: step.ts
. container/lib/marks.sh
. container/lib/rollback.sh
. hypervisor/nvidia-driver/lib/nvidia.sh
. hypervisor/nvidia-driver/lib/runfile.sh
set -euo pipefail

# guest_version: what nvidia-smi in the container reports; '' while it does not work there.
guest_version() {
  local said
  said=$(in_ct 120 nvidia-smi --query-gpu=driver_version --format=csv,noheader 2>/dev/null </dev/null) || return 0
  printf '%s\n' "${said%%$'\n'*}"
}

install_user_space() {
  local version=$1 file inside=/var/lib/phoenix/nvidia.run code=0 said from
  file=$(runfile_path "$version")
  # Nobody but root can have put anything there before.
  # shellcheck disable=SC2016 # expanded by the container's shell
  in_ct 60 /bin/sh -c 'mkdir -p /var/lib/phoenix && chmod 700 /var/lib/phoenix && rm -f "$1"' sh "$inside" </dev/null || true
  # It may end with 0 without having copied anything.
  pve timeout -k 10 1800 pct push "$CTID" "$file" "$inside" || true
  said=$(in_ct 600 sha256sum "$inside" 2>/dev/null </dev/null) || true
  [ "${said%% *}" = "$(sha256sum <"$file" | cut -d ' ' -f 1)" ] ||
    CODE=5 err "the NVIDIA installer could not be copied into CT $CTID; is its disk full? ('pct exec $CTID -- df -h')"
  from=$(wc -l <"$LOG")
  in_ct 3600 sh "$inside" --silent --accept-license --no-kernel-module --no-x-check --no-nouveau-check \
    --no-nvidia-modprobe --no-dkms </dev/null || code=$?
  in_ct 60 rm -f "$inside" </dev/null || true
  [ "$code" -eq 0 ] ||
    CODE=5 err "the NVIDIA user space $version could not be installed in CT $CTID:" \
      "$(tail -n "+$((from + 1))" "$LOG" | sed -n 's/^ERROR: //p' | head -n 1 | cut -c 1-300);" \
      "its log in the container is /var/log/nvidia-installer.log"
}

main() {
  local version='' url='' sha256='' before
  enter_guest nvidia-driver
  load version=version url=runfileUrl sha256=sha256
  wake
  guest_running "$CTID" || CODE=6 err "CT $CTID does not run; start it ('pct start $CTID'), then run again"
  [ "$(nvidia_version)" = "$version" ] || CODE=4 err "the NVIDIA driver of $(hostname) is not $version" \
    "(nvidia-smi: $(nvidia_version | grep . || echo 'does not work')); CT $CTID was left untouched"
  wait_for 30 in_ct 15 test -c /dev/nvidiactl </dev/null ||
    CODE=6 err "CT $CTID has no /dev/nvidiactl: it was started without its GPUs. Restart it ('pct reboot $CTID'), then run again"
  before=$(guest_version)
  if [ "$before" != "$version" ]; then
    runfile_fetch "$url" "$version" "$sha256"
    install_user_space "$version"
    [ "$(guest_version)" = "$version" ] || CODE=5 err "nvidia-smi does not work in CT $CTID after its installation:" \
      "$(in_ct 120 nvidia-smi 2>&1 </dev/null | grep . | head -n 1)"
    changed "CT $CTID: NVIDIA user space ${before:-none} -> $version"
  fi
  leave_mark nvidia-driver driver "$version"
  report
}

main
