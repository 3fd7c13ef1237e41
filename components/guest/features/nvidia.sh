#!/usr/bin/env bash
# Feature nvidia, inside the container: tools, and the CUDA toolkit of the wanted version from the repository of
# the container's own release. The driver's user space is there already; nvidia-smi and nvcc prove both.
# PHOENIX_DRIVER_VERSION is the host's driver, PHOENIX_CUDA_VERSION such as 12.8 (empty for no toolkit),
# PHOENIX_CUDA_REPOSITORIES the address above the repositories of all releases.
. guest/features/prelude.sh
set -euo pipefail

# The name NVIDIA gives a release: ubuntu2404, debian12.
nvidia_release() { printf '%s%s\n' "$(release ID)" "$(release VERSION_ID | tr -d .)"; }

cuda_repository() {
  local uri
  uri="$PHOENIX_CUDA_REPOSITORIES/$(nvidia_release)/x86_64"
  repository cuda cuda-archive-keyring.gpg "$uri/cuda-archive-keyring.gpg" "$uri/" /
}

cuda_profile() {
  # shellcheck disable=SC2016 # expanded by the login shell
  printf '%s\n' 'export PATH=/usr/local/cuda/bin${PATH:+:$PATH}' \
    'export LD_LIBRARY_PATH=/usr/local/cuda/lib64${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}'
}

# /usr/local/cuda/bin is on no PATH by itself.
cuda_path() {
  if keep_file /etc/profile.d/cuda.sh < <(cuda_profile); then
    did "put CUDA on the PATH"
  fi
}

main() {
  local found
  require_debian_kin nvidia
  packages wget build-essential pkg-config libglvnd-dev curl gnupg
  command -v nvidia-smi >/dev/null || fail 5 "nvidia-smi is not in this container"
  found=$(nvidia-smi --query-gpu=driver_version --format=csv,noheader | head -n 1) ||
    fail 4 "nvidia-smi does not work in this container: $(nvidia-smi 2>&1 | grep . | head -n 1)"
  [ "$found" = "$PHOENIX_DRIVER_VERSION" ] ||
    fail 5 "the driver's user space is $found, not $PHOENIX_DRIVER_VERSION as on the host"
  if [ -n "$PHOENIX_CUDA_VERSION" ]; then
    cuda_repository
    packages "cuda-toolkit-${PHOENIX_CUDA_VERSION/./-}"
    cuda_path
    found=$(/usr/local/cuda/bin/nvcc --version | sed -n 's/.*release \([0-9.]*\),.*/\1/p') || fail 5 "nvcc does not work"
    [ "$found" = "$PHOENIX_CUDA_VERSION" ] || fail 5 "nvcc is of CUDA $found, not $PHOENIX_CUDA_VERSION"
  fi
  # What it recommends can be a library of another driver than the host's.
  packages --no-install-recommends nvtop
}

main
