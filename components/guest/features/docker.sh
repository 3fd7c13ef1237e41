#!/usr/bin/env bash
# Feature docker: Docker Engine from Docker's own repository, with a storage driver that works in a container;
# with a GPU also NVIDIA's container toolkit. Proven by running a container.
# PHOENIX_GPU is 1 when the container has a GPU.
. guest/features/prelude.sh
set -euo pipefail

DAEMON=/etc/docker/daemon.json
# A note of what this script wrote, so that it removes its own values when they are no longer wanted, and no others.
DAEMON_OURS=/var/lib/phoenix/docker-daemon.json

# daemon_wanted GPU: our values; with a GPU every container gets NVIDIA's runtime unless it asks for another.
daemon_wanted() {
  jq -cn --arg gpu "$1" '{"storage-driver": "overlay2"} + if $gpu == "1" then
    {"default-runtime": "nvidia", runtimes: {nvidia: {args: [], path: "nvidia-container-runtime"}}} else {} end'
}

# daemon_ours NOW: what this script wrote last. Versions without the note wrote the whole file.
daemon_ours() {
  if [ -e "$DAEMON_OURS" ]; then
    cat "$DAEMON_OURS"
  else
    jq -c --argjson gpu "$(daemon_wanted 1)" '. as $now | $gpu | del(.["default-runtime"]) |
      if $now == . or $now == {"storage-driver"} then $now else {} end' <<<"$1"
  fi
}

# daemon_merge NOW OURS WANTED: {file, kept: [text]}: values of somebody else stay; `kept` names those that differ.
daemon_merge() {
  jq -cn --argjson now "$1" --argjson ours "$2" --argjson wanted "$3" '
    def leaves($at): if type == "object" and length > 0 then to_entries[] | .key as $key | .value | leaves($at + [$key]) else $at end;
    def at($path): try getpath($path) catch null;
    (reduce ($ours | [leaves([])][]) as $path ($now;
      if at($path) == ($ours | at($path)) and $path != [] then delpaths([$path]) else . end)
      | if (.runtimes | type) == "object" and .runtimes.nvidia == {} then del(.runtimes.nvidia) else . end
      | if .runtimes == {} then del(.runtimes) else . end) as $theirs
    | {file: ($wanted * $theirs),
       kept: [$wanted | leaves([]) as $path | at($path) as $value | ($theirs | at($path)) as $theirs
         | select($theirs != null and $theirs != $value)
         | "\($path | join(".")) is \($theirs | tojson), where the feature would set \($value | tojson)"]}'
}

# ensure_daemon: Docker's settings: ours, merged with those that somebody else wrote.
ensure_daemon() {
  local now='{}' ours merged wanted mode=644 line
  if [ -s "$DAEMON" ]; then
    now=$(jq -ce objects "$DAEMON") || fail 2 "$DAEMON is no JSON object; mend it in the container ('jq . $DAEMON'), then run again"
    mode=$(stat -L -c %a "$DAEMON")
  fi
  wanted=$(daemon_wanted "${PHOENIX_GPU:-0}")
  ours=$(daemon_ours "$now")
  merged=$(daemon_merge "$now" "$ours" "$wanted")
  while IFS= read -r line; do warn "$DAEMON: $line; it was kept: remove it there to have ours"; done < <(jq -r '.kept[]' <<<"$merged")
  if [ "$(jq -cS .file <<<"$merged")" != "$(jq -cS . <<<"$now")" ]; then
    if [ "$now" != '{}' ] && [ ! -e "$DAEMON_OURS.before" ] && [ "$ours" != "$now" ]; then
      mkdir -p "${DAEMON_OURS%/*}"
      cp -a "$DAEMON" "$DAEMON_OURS.before"
    fi
    # If the run is interrupted in between, the note has both the old and the new values.
    keep_file "$DAEMON_OURS" < <(jq -cn --argjson ours "$ours" --argjson wanted "$wanted" '$ours * $wanted') || true
    keep_file "$DAEMON" < <(jq .file <<<"$merged") || true
    chmod "$mode" "$DAEMON"
    did "wrote $DAEMON"
    systemctl restart docker || true
  fi
  keep_file "$DAEMON_OURS" <<<"$wanted" || true
}

# prove: runs a container with the default runtime.
prove() {
  local said
  if said=$(docker run --rm hello-world 2>&1); then
    printf '%s\n' "$said"
    return
  fi
  printf '%s\n' "$said"
  case $said in
    *"OCI runtime"* | *runc* | *"error mounting"*)
      fail 4 "Docker runs, but could not run a container; in one of Proxmox VE it needs nesting=1 and keyctl=1 in pct_options"
      ;;
  esac
  fail 5 "Docker runs, but the image hello-world could not be run: $(grep . <<<"$said" | grep -v "^Run 'docker" | tail -n 1)"
}

# In an unprivileged container the toolkit must leave device cgroups to the host.
gpu_toolkit() {
  local config=/etc/nvidia-container-runtime/config.toml
  repository nvidia-container-toolkit nvidia-container-toolkit.asc https://nvidia.github.io/libnvidia-container/gpgkey \
    https://nvidia.github.io/libnvidia-container/stable/deb/amd64 /
  packages nvidia-container-toolkit
  if ! grep -Eq '^no-cgroups *= *true' "$config"; then
    keep_file "$config" < <(sed 's/^#\{0,1\} *no-cgroups *=.*/no-cgroups = true/' "$config") || true
    grep -Eq '^no-cgroups *= *true' "$config" || fail 5 "no-cgroups could not be set in $config"
    did "set no-cgroups in $config"
  fi
}

main() {
  local distribution
  require_debian_kin docker
  packages ca-certificates curl jq
  distribution=$(release ID)
  repository docker docker.asc "https://download.docker.com/linux/$distribution/gpg" \
    "https://download.docker.com/linux/$distribution" "$(release VERSION_CODENAME) stable"
  packages docker-ce docker-ce-cli containerd.io docker-buildx-plugin docker-compose-plugin
  [ "${PHOENIX_GPU:-0}" != 1 ] || gpu_toolkit
  ensure_daemon
  systemctl is-enabled --quiet docker || systemctl enable docker
  systemctl is-active --quiet docker || systemctl start docker || true
  wait_for 30 docker info >/dev/null 2>&1 ||
    fail 6 "Docker does not start in this container: $(docker info 2>&1 | tail -n 1); it needs nesting=1 and keyctl=1 in pct_options"
  prove
  proof service docker
}

main
