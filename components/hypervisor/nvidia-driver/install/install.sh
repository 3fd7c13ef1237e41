#!/usr/bin/env bash
# NVIDIA's driver on the host, by its own .run installer. Where it takes effect only after a restart of the host, a note
# says so to the restart step.
# Settings: step.ts
. hypervisor/lib/packages.sh
. hypervisor/lib/services.sh
. hypervisor/nvidia-driver/lib/nvidia.sh
. hypervisor/nvidia-driver/lib/runfile.sh
. hypervisor/nvidia-driver/install/dkms.sh
set -euo pipefail

# Cards that are set aside for virtual machines do not count; without any other there is nothing to do.
require_card() {
  local card
  for card in $(nvidia_cards); do
    [ "$(driver_of "$card")" = vfio-pci ] || return 0
  done
  CODE=4 err "every NVIDIA card of this host is set aside for virtual machines (driver vfio-pci: $(nvidia_cards | paste -sd ' ' -));" \
    "take one back, or set nvidia_driver.install to false. Nothing was changed"
}

# Kernel modules cannot be replaced while a guest uses them; this stack's guests were stopped before.
require_no_user() {
  local users
  [ -n "$(nvidia_loaded)" ] || return 0
  users=$(nvidia_guests | paste -sd ' ' -)
  [ -z "$users" ] || CODE=4 err "the NVIDIA driver is in use by running containers ($users); stop them, then run again. Nothing was changed"
}

ensure_blacklist() {
  same_text "$NVIDIA_BLACKLIST" < <(nvidia_blacklist) || mend "$NVIDIA_BLACKLIST" "$FILE_STATE" "$AS_WRITTEN" put_blacklist
  # The initramfs has its own copy. The note stays if the run is interrupted here.
  if ! looking && [ -e "$NVIDIA_STATE/initramfs" ]; then
    update-initramfs -u >&2 9>&- || CODE=5 err "update-initramfs failed; its messages are above. Run again when it works"
    rm -f "$NVIDIA_STATE/initramfs"
  fi
}

put_blacklist() {
  : >"$NVIDIA_STATE/initramfs"
  keep_original "$NVIDIA_BLACKLIST"
  write_file "$NVIDIA_BLACKLIST" < <(nvidia_blacklist) || true
  changed "nouveau is kept from loading ($NVIDIA_BLACKLIST)"
}

# Removes Debian's own packages of the driver, which conflict; packages for containers are not part of it.
remove_packages() {
  local -a found=()
  mapfile -t found < <(
    dpkg-query -W --showformat='${db:Status-Status} ${Package}\n' 2>/dev/null |
      sed -nE 's/^installed ((lib)?nvidia-.*|libcuda1|libnvcuvid1|xserver-xorg-video-nvidia.*)$/\1/p' | grep -v container
  )
  [ "${#found[@]}" -gt 0 ] || return 0
  packages_apt purge "${found[@]}" ||
    CODE=5 err "the distribution's NVIDIA packages could not be removed (${found[*]}): $(packages_reason)"
  changed "removed the distribution's packages ${found[*]}"
}

# Unloads the modules; true when that worked.
free_cards() {
  local module unit
  for unit in nvidia-persistenced "$NVIDIA_UNIT"; do
    if systemctl is-active --quiet "$unit" 2>/dev/null; then systemctl stop "$unit" 3>&- 9>&- || true; fi
  done
  for module in nvidia_peermem nvidia_uvm nvidia_drm nvidia_modeset nvidia nouveau; do
    [ ! -d "/sys/module/$module" ] || rmmod "$module" || return 1
  done
}

run_installer() {
  local dkms=$1 log=$PHOENIX_LOGS/nvidia-installer.log code=0 why
  local -a options=(--silent --accept-license --no-x-check --no-nouveau-check --no-opengl-files)
  if [ "$dkms" = true ]; then options+=(--dkms); else options+=(--no-dkms); fi
  if ! free_cards; then
    options+=(--skip-module-load)
    [ ! -d /sys/module/nvidia ] || options+=(--allow-installation-with-running-driver)
    # Before the installer: once it has begun, only a restart makes module and user space match again.
    mkdir -p "${NVIDIA_RESTART%/*}"
    nvidia_in_use >"$NVIDIA_RESTART"
  fi
  mkdir -p "$PHOENIX_LOGS"
  say "running the NVIDIA installer (${options[*]}); this takes some minutes"
  # From here on the driver is noted as ours, also when the installation is interrupted.
  write_file "$NVIDIA_STATE/installed" <<<"$VERSION" || true
  sh "$(runfile_path "$VERSION")" "${options[@]}" >"$log" 2>&1 3>&- 9>&- </dev/null || code=$?
  [ "$code" -eq 0 ] && return 0
  tail -n 20 /var/log/nvidia-installer.log >&2 2>/dev/null || tail -n 20 "$log" >&2
  why=$(sed -n 's/^ERROR: //p' "$log" | grep -v '^Installation has failed' | head -n 1 | cut -c 1-300)
  CODE=5 err "the NVIDIA installer $VERSION failed${why:+: $why}; the end of its log is above, the whole is" \
    "/var/log/nvidia-installer.log on $(hostname)"
}

nvidia_in_use() {
  local module
  for module in nvidia nouveau; do
    [ ! -d "/sys/module/$module" ] || printf '%s\n' "$module"
  done
}

install_driver() {
  local url=$1 sha256=$2 dkms=$3 before
  before=$(nvidia_version)
  require_no_user
  runfile_fetch "$url" "$VERSION" "$sha256"
  local -a tools=()
  mapfile -t tools < <(build_tools "$dkms")
  packages_ensure "${tools[@]}"
  ensure_blacklist
  remove_packages
  rm -f "$NVIDIA_STATE/waiting"
  run_installer "$dkms"
  [ ! -e "$NVIDIA_RESTART" ] || write_file "$NVIDIA_STATE/waiting" <<<"$VERSION" || true
  changed "installed the NVIDIA driver $VERSION${before:+ (was $before)}"
}

# remove_old: removes what former versions left, also after a run that was interrupted right after the installer.
remove_old() {
  remove_old_dkms
  [ ! -d "$RUNFILE_CACHE" ] || find "$RUNFILE_CACHE" -maxdepth 1 -name 'NVIDIA-Linux-*' ! -name "*-$VERSION.run" -delete
}

# Active already, or installed and waiting for a restart of the host.
is_installed() {
  nvidia_ready "$VERSION" ||
    { [ -e "$NVIDIA_RESTART" ] && [ "$(cat "$NVIDIA_STATE/waiting" 2>/dev/null)" = "$VERSION" ]; }
}

main() {
  read_settings
  local url='' sha256='' dkms=''
  load VERSION=version url=runfileUrl sha256=sha256 dkms=dkms
  lock nvidia 1800
  nvidia_without_card
  require_card
  looking || mkdir -p "$NVIDIA_STATE"
  is_installed || looking || install_driver "$url" "$sha256" "$dkms"
  if ! looking && [ -e "$NVIDIA_STATE/installed" ]; then remove_old; fi
  if [ "$dkms" = true ]; then
    ensure_dkms
    build_for_other_kernels
  fi
  ensure_blacklist
  packages_ensure nvtop
  if own_file "$NVIDIA_UNIT_FILE" < <(nvidia_unit); then systemctl daemon-reload; fi
  if [ -e "$NVIDIA_RESTART" ]; then
    systemctl is-enabled --quiet "$NVIDIA_UNIT" 2>/dev/null || service_try enable "$NVIDIA_UNIT" "could not be enabled"
  else
    service_ensure "$NVIDIA_UNIT"
  fi
  report
}

main
