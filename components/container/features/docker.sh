#!/usr/bin/env bash
# Feature docker: Docker Engine from Docker's own repository, with a storage driver that works in a container;
# with a GPU also NVIDIA's container toolkit. Proven by running a container.
# PHOENIX_GPU is 1 when the container has a GPU.
set -euo pipefail

daemon_settings() {
  if [ "${PHOENIX_GPU:-0}" = 1 ]; then
    printf '{\n  "storage-driver": "overlay2",\n  "runtimes": {\n    "nvidia": {\n      "args": [],\n      "path": "nvidia-container-runtime"\n    }\n  }\n}\n'
  else
    printf '{\n  "storage-driver": "overlay2"\n}\n'
  fi
}

# In an unprivileged container the toolkit must leave device cgroups to the host.
gpu_toolkit() {
  local config=/etc/nvidia-container-runtime/config.toml
  repository nvidia-container-toolkit nvidia-container-toolkit.asc https://nvidia.github.io/libnvidia-container/gpgkey \
    https://nvidia.github.io/libnvidia-container/stable/deb/amd64 /
  packages nvidia-container-toolkit
  if ! grep -Eq '^no-cgroups *= *true' "$config"; then
    sed -i 's/^#\{0,1\} *no-cgroups *=.*/no-cgroups = true/' "$config"
    grep -Eq '^no-cgroups *= *true' "$config" || fail 5 "no-cgroups could not be set in $config"
    did "set no-cgroups in $config"
  fi
}

main() {
  local distribution
  require_debian_kin docker
  packages ca-certificates curl
  distribution=$(release ID)
  repository docker docker.asc "https://download.docker.com/linux/$distribution/gpg" \
    "https://download.docker.com/linux/$distribution" "$(release VERSION_CODENAME) stable"
  packages docker-ce docker-ce-cli containerd.io docker-buildx-plugin docker-compose-plugin
  [ "${PHOENIX_GPU:-0}" != 1 ] || gpu_toolkit
  if keep_file /etc/docker/daemon.json < <(daemon_settings); then
    did "wrote /etc/docker/daemon.json"
    systemctl restart docker || true
  fi
  systemctl is-enabled --quiet docker || systemctl enable docker
  systemctl is-active --quiet docker || systemctl start docker || true
  wait_for 30 docker info >/dev/null 2>&1 ||
    fail 5 "Docker does not start in this container: $(docker info 2>&1 | tail -n 1); it needs nesting=1 and keyctl=1 in pct_options"
  docker run --rm hello-world || fail 6 "Docker runs, but could not run a container; in one of Proxmox VE it needs nesting=1 and keyctl=1 in pct_options"
}

main
