#!/usr/bin/env bash
# Feature portainer, by portainer_role: Portainer's server or agent, a container of Docker's that starts with it. Its data is
# on the volume that is mounted at /data, else on Docker's volume portainer_data; with a certificate in /certs, the
# server shows that. Our container has our settings in a label; another one by that name is left alone.
# PHOENIX_PORTAINER_ROLE is server or agent, PHOENIX_PORTAINER_IMAGE an image, PHOENIX_PORTAINER_PORTS pairs outer:inner.
. guest/features/prelude.sh
set -euo pipefail

LABEL=phoenix.settings
CERTIFICATE=/certs/portainer.phoenix.local
RUN=()

# wanted NAME: into RUN the words of docker run, behind the name and the label.
wanted() {
  local port data=portainer_data
  RUN=(--restart always -v /var/run/docker.sock:/var/run/docker.sock)
  for port in $PHOENIX_PORTAINER_PORTS; do RUN+=(-p "$port"); done
  if [ "$1" = portainer_agent ]; then
    RUN+=(-v /var/lib/docker/volumes:/var/lib/docker/volumes "$PHOENIX_PORTAINER_IMAGE")
    return 0
  fi
  ! mountpoint -q /data || data=/data
  RUN+=(-v "$data:/data")
  if [ -s "$CERTIFICATE.crt" ] && [ -s "$CERTIFICATE.key" ]; then
    RUN+=(-v /certs:/certs:ro "$PHOENIX_PORTAINER_IMAGE" --ssl --sslcert "$CERTIFICATE.crt" --sslkey "$CERTIFICATE.key")
  else
    RUN+=("$PHOENIX_PORTAINER_IMAGE")
  fi
}

runs() { [ "$(docker inspect -f '{{.State.Running}}' "$1" 2>/dev/null)" = true ]; }

# make_container NAME DIGEST
make_container() {
  local said
  said=$(docker pull "$PHOENIX_PORTAINER_IMAGE" 2>&1) || {
    printf '%s\n' "$said"
    fail 5 "the image $PHOENIX_PORTAINER_IMAGE could not be pulled: $(tail -n 1 <<<"$said"); does the container reach the registry?"
  }
  docker run -d --name "$1" --label "$LABEL=$2" "${RUN[@]}" || fail 5 "Docker could not start $1; its message is above"
  did "started $1 ($PHOENIX_PORTAINER_IMAGE)"
}

main() {
  local name=portainer digest label
  [ "$PHOENIX_PORTAINER_ROLE" = server ] || name=portainer_agent
  command -v docker >/dev/null || fail 4 "portainer_role needs Docker in the container: add docker to its features"
  wait_for 30 docker info >/dev/null 2>&1 || fail 6 "Docker does not run in this container: $(docker info 2>&1 | tail -n 1)"
  wanted "$name"
  digest=$(printf '%s\n' "${RUN[@]}" | sha256sum)
  digest=${digest%% *}
  if label=$(docker inspect -f "{{index .Config.Labels \"$LABEL\"}}" "$name" 2>/dev/null); then
    if [ -z "$label" ]; then
      warn "there is a container $name in Docker that Phoenix did not make: it was left as it is. To have ours: docker rm -f $name"
      return 0
    fi
    if [ "$label" != "$digest" ]; then
      docker rm -f "$name"
      make_container "$name" "$digest"
    elif ! runs "$name"; then
      docker start "$name"
      did "started $name"
    fi
  else
    make_container "$name" "$digest"
  fi
  wait_for 30 runs "$name" || fail 6 "$name does not run: $(docker logs "$name" 2>&1 | tail -n 1)"
  proof container "$name"
}

main
