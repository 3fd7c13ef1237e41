#!/usr/bin/env bash
# NVIDIA's driver on the host, by its own .run installer. What cannot take effect while the host runs leaves a note
# for the restart step.
# Settings: {version, runfileUrl, sha256?, dkms}
set -euo pipefail

VERSION=''

# Cards that a virtual machine has are none of ours; without another one there is nothing to drive.
require_card() {
  local card
  for card in $(nvidia_cards); do
    [ "$(nvidia_driver_of "$card")" = vfio-pci ] || return 0
  done
  err "every NVIDIA card of this host is set aside for virtual machines (driver vfio-pci: $(nvidia_cards | paste -sd ' ' -));" \
    "take one back, or set nvidia_driver.install to false. Nothing was changed"
}

# Kernel modules cannot be replaced below a guest; those of this stack were stopped before.
require_no_user() {
  local users
  [ -n "$(nvidia_loaded)" ] || return 0
  users=$(nvidia_guests | paste -sd ' ' -)
  [ -z "$users" ] || err "the NVIDIA driver is in use by running containers ($users); stop them, then run again. Nothing was changed"
}

headers() {
  local kernel
  kernel=$(uname -r)
  case $kernel in
    *-pve) printf 'proxmox-headers-%s\n' "$kernel" ;;
    *) printf 'linux-headers-%s\n' "$kernel" ;;
  esac
}

# Later kernels bring their headers along, so that DKMS can build for them.
build_tools() {
  headers
  printf '%s\n' build-essential pkg-config
  if [ "$1" = true ]; then
    echo dkms
    [ "$(headers)" = "linux-headers-$(uname -r)" ] || echo proxmox-default-headers
  fi
}

hold_blacklist() {
  keep_original "$NVIDIA_BLACKLIST"
  if write_file "$NVIDIA_BLACKLIST" < <(nvidia_blacklist); then
    changed "nouveau is kept from loading ($NVIDIA_BLACKLIST)"
    : >"$NVIDIA_STATE/initramfs"
  fi
  # The initramfs has its own copy. The note outlives a run that was cut off here.
  if [ -e "$NVIDIA_STATE/initramfs" ]; then
    update-initramfs -u >&2 9>&- || err "update-initramfs failed; its messages are above. Run again when it works"
    rm -f "$NVIDIA_STATE/initramfs"
  fi
}

# Debian's own packages of the driver would be in the way; those for containers belong to something else.
remove_packages() {
  local -a found=()
  mapfile -t found < <(
    dpkg-query -W --showformat='${db:Status-Status} ${Package}\n' 2>/dev/null |
      sed -nE 's/^installed ((lib)?nvidia-.*|libcuda1|libnvcuvid1|xserver-xorg-video-nvidia.*)$/\1/p' | grep -v container
  )
  [ "${#found[@]}" -gt 0 ] || return 0
  packages_apt purge "${found[@]}" ||
    err "the distribution's NVIDIA packages could not be removed (${found[*]}): $(packages_reason)"
  changed "removed the distribution's packages ${found[*]}"
}

# Other versions in DKMS's tree would be built for each new kernel, beside ours.
remove_old_dkms() {
  local old
  command -v dkms >/dev/null || return 0
  for old in $(dkms status 2>/dev/null | sed -nE 's,^nvidia[/ ]*([0-9][0-9.]*[0-9]).*,\1,p' | sort -u); do
    [ "$old" != "$VERSION" ] || continue
    dkms remove "nvidia/$old" --all >&2 9>&- || err "DKMS's leftovers of the driver $old could not be removed; its messages are above"
    changed "removed the driver $old from DKMS"
  done
}

# Takes the loaded modules out; true when the cards are free.
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
    # Before the installer: once it has begun, only a restart makes module and user space fit again.
    mkdir -p "${NVIDIA_RESTART%/*}"
    nvidia_in_use >"$NVIDIA_RESTART"
  fi
  mkdir -p "$PHOENIX_LOGS"
  say "running the NVIDIA installer (${options[*]}); this takes some minutes"
  # Ours from here on, finished or not.
  printf '%s\n' "$VERSION" | write_file "$NVIDIA_STATE/installed" || true
  sh "$(runfile_path "$VERSION")" "${options[@]}" >"$log" 2>&1 3>&- 9>&- </dev/null || code=$?
  [ "$code" -eq 0 ] && return 0
  tail -n 20 /var/log/nvidia-installer.log >&2 2>/dev/null || tail -n 20 "$log" >&2
  why=$(sed -n 's/^ERROR: //p' "$log" | grep -v '^Installation has failed' | head -n 1 | cut -c 1-300)
  err "the NVIDIA installer $VERSION failed${why:+: $why}; the end of its log is above, the whole is" \
    "/var/log/nvidia-installer.log on $(hostname)"
}

# The installer builds for the running kernel alone. One that an upgrade has put beside it is what the next
# start boots.
build_for_other_kernels() {
  local folder kernel
  for folder in /lib/modules/*; do
    kernel=${folder##*/}
    if [ "$kernel" = "$(uname -r)" ] || [ ! -e "$folder/build" ]; then continue; fi
    ! grep -q ': installed' <<<"$(dkms status "nvidia/$VERSION" -k "$kernel" 2>/dev/null)" || continue
    if dkms install "nvidia/$VERSION" -k "$kernel" >&2 3>&- 9>&-; then
      changed "built the NVIDIA driver $VERSION for kernel $kernel"
    else
      say "warning: the NVIDIA driver $VERSION could not be built for kernel $kernel; it will not work after a start with it"
    fi
  done
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
  hold_blacklist
  remove_packages
  rm -f "$NVIDIA_STATE/waiting"
  run_installer "$dkms"
  [ ! -e "$NVIDIA_RESTART" ] || printf '%s\n' "$VERSION" | write_file "$NVIDIA_STATE/waiting" || true
  remove_old_dkms
  changed "installed the NVIDIA driver $VERSION${before:+ (was $before)}"
  find "$RUNFILE_CACHE" -maxdepth 1 -name 'NVIDIA-Linux-*' ! -name "*-$VERSION.run" -delete
}

# Active already, or installed and waiting for a restart of the host.
is_installed() {
  [ "$(nvidia_version)" = "$VERSION" ] ||
    { [ -e "$NVIDIA_RESTART" ] && [ "$(cat "$NVIDIA_STATE/waiting" 2>/dev/null)" = "$VERSION" ]; }
}

# A driver that somebody installed without DKMS, or that was taken from it, is registered while it runs on.
hold_dkms() {
  local -a tools=()
  ! nvidia_dkms "$VERSION" || return 0
  mapfile -t tools < <(build_tools true)
  packages_ensure "${tools[@]}"
  if [ ! -e "/usr/src/nvidia-$VERSION/dkms.conf" ]; then
    say "warning: the sources of the driver $VERSION are not in /usr/src, so a new kernel will have no driver"
    return 0
  fi
  dkms install "nvidia/$VERSION" -k "$(uname -r)" >&2 9>&- || err "DKMS could not build the driver $VERSION; its messages are above"
  changed "registered the driver $VERSION with DKMS"
}

main() {
  read_settings
  local url='' sha256='' dkms=''
  load VERSION=version url=runfileUrl sha256=sha256 dkms=dkms
  lock nvidia 1800
  nvidia_without_card
  require_card
  mkdir -p "$NVIDIA_STATE"
  if ! is_installed; then install_driver "$url" "$sha256" "$dkms"; fi
  if [ "$dkms" = true ]; then
    hold_dkms
    build_for_other_kernels
  fi
  hold_blacklist
  packages_ensure nvtop
  if write_file "$NVIDIA_UNIT_FILE" < <(nvidia_unit); then
    changed "wrote $NVIDIA_UNIT_FILE"
    systemctl daemon-reload
  fi
  if [ -e "$NVIDIA_RESTART" ]; then
    systemctl is-enabled --quiet "$NVIDIA_UNIT" 2>/dev/null || service_try enable "$NVIDIA_UNIT" "could not be enabled"
  else
    service_ensure "$NVIDIA_UNIT"
  fi
  report
}

main
