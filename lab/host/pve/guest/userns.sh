# shellcheck shell=bash
# User namespaces of containers. Joined in front of rootfs.sh and launch.sh, and of what lxc-usernsexec does.
#
#   HOST       the node's root file system; this shell stands outside of it, as a changed root may make none
#   UID_MAP    lines "inside outside count" of the user namespace
#   GID_MAP    likewise

fail() {
  echo "$1" >&2
  exit 1
}

# A process of a new user namespace, HOLDER; NAMESPACE names it until `kill "$HOLDER"`. Should nobody come to that,
# it ends by itself.
make_namespace() {
  local mine
  mine=$(readlink "$HOST/proc/self/ns/user")
  unshare --user sleep 60 </dev/null >/dev/null 2>&1 &
  HOLDER=$!
  NAMESPACE="$HOST/proc/$HOLDER/ns/user"
  until [ "$(readlink "$NAMESPACE")" != "$mine" ]; do
    [ -d "$HOST/proc/$HOLDER" ] || break
  done
  [ -d "$HOST/proc/$HOLDER" ] || fail "user namespaces are not permitted on this machine"
  # The kernel takes a map in one write, or not at all.
  if ! cat <<<"$UID_MAP" >"$HOST/proc/$HOLDER/uid_map" || ! cat <<<"$GID_MAP" >"$HOST/proc/$HOLDER/gid_map"; then
    kill "$HOLDER"
    fail "lxc_map_ids: the kernel refused the map"
  fi
}

# Runs a program of the node as root of a new user namespace.
mapped() {
  local code=0
  make_namespace
  nsenter "--user=$NAMESPACE" "--root=$HOST" "--wd=$HOST" --setuid 0 --setgid 0 -- "$@" || code=$?
  kill "$HOLDER"
  return "$code"
}
