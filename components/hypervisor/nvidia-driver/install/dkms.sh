#!/usr/bin/env bash
# Packages that the driver is built with, and DKMS, which builds it for later kernels.
# Variables: VERSION
. hypervisor/lib/packages.sh
. hypervisor/nvidia-driver/lib/nvidia.sh
set -euo pipefail

VERSION=''
SOURCES_OF_DRIVER=/usr/src/nvidia-

headers() {
  local kernel
  kernel=$(uname -r)
  case $kernel in
    *-pve) printf 'proxmox-headers-%s\n' "$kernel" ;;
    *) printf 'linux-headers-%s\n' "$kernel" ;;
  esac
}

# Installs the package by which later kernels bring their headers, so that DKMS can build for them.
build_tools() {
  headers
  printf '%s\n' build-essential pkg-config
  if [ "$1" = true ]; then
    echo dkms
    [ "$(headers)" = "linux-headers-$(uname -r)" ] || echo proxmox-default-headers
  fi
}

# Registers a driver with DKMS that was installed without it, while it keeps running. That needs the driver's sources.
ensure_dkms() {
  local kernel
  kernel=$(uname -r)
  ! nvidia_dkms "$VERSION" "$kernel" || return 0
  if looking && [ ! -e "$SOURCES_OF_DRIVER$VERSION/dkms.conf" ]; then return 0; fi
  mend "DKMS nvidia/$VERSION for kernel $kernel" missing installed register
}

register() {
  local -a tools=()
  mapfile -t tools < <(build_tools true)
  packages_ensure "${tools[@]}"
  if [ ! -e "$SOURCES_OF_DRIVER$VERSION/dkms.conf" ]; then
    say "warning: the sources of the driver $VERSION are not in /usr/src, so a new kernel will have no driver"
    return 0
  fi
  dkms install "nvidia/$VERSION" -k "$(uname -r)" >&2 9>&- || err "DKMS could not build the driver $VERSION; its messages are above"
  changed "registered the driver $VERSION with DKMS"
}

# The installer builds for the running kernel only. After an upgrade, the next start boots another one.
build_for_other_kernels() {
  local folder kernel
  for folder in /lib/modules/*; do
    kernel=${folder##*/}
    if [ "$kernel" = "$(uname -r)" ] || [ ! -e "$folder/build" ] || nvidia_dkms "$VERSION" "$kernel"; then continue; fi
    # A kernel that the driver cannot be built for is no deviation.
    if looking && grep -Fxqs -- "$VERSION $kernel" "$NVIDIA_STATE/not-built"; then continue; fi
    mend "DKMS nvidia/$VERSION for kernel $kernel" missing installed build_for "$kernel"
  done
}

build_for() {
  if dkms install "nvidia/$VERSION" -k "$1" >&2 3>&- 9>&-; then
    changed "built the NVIDIA driver $VERSION for kernel $1"
  else
    grep -Fxqs -- "$VERSION $1" "$NVIDIA_STATE/not-built" || printf '%s\n' "$VERSION $1" >>"$NVIDIA_STATE/not-built"
    say "warning: the NVIDIA driver $VERSION could not be built for kernel $1; it will not work after a start with it"
  fi
}

# Removes other versions from DKMS's tree, which would be built for each new kernel too.
remove_old_dkms() {
  local old
  command -v dkms >/dev/null || return 0
  for old in $(dkms status 2>/dev/null | sed -nE 's,^nvidia[/ ]*([0-9][0-9.]*[0-9]).*,\1,p' | sort -u); do
    [ "$old" != "$VERSION" ] || continue
    dkms remove "nvidia/$old" --all >&2 9>&- || err "DKMS's leftovers of the driver $old could not be removed; its messages are above"
    changed "removed the driver $old from DKMS"
  done
}
