# shellcheck shell=bash
# Starts a container. Run by bash in the machine's root folder, inside the lab's namespaces, behind userns.sh and rootfs.sh.
# Its monitor has a mount namespace of its own, in which the guest's root is put together by the node's root; the
# guest's first process lives in a copy of that namespace, owned by the guest's user namespace, so that what the
# monitor mounts later appears in the guest too.
#
#   ID         the container's number
#   HOST       the node's root file system
#   STATE      folder below the node's /run for this container: root/ (mount point), files for it, pid, log
#   ROOT       folder of the root volume
#   LAYER      folder whose usr/ lies between the volume's and this machine's
#   NAME       host name of the guest
#   TITLE      how the node's list of processes names its monitor
#   UID_MAP    lines "inside outside count" of the user namespace; empty for a privileged container
#   GID_MAP    likewise
#   ROOT_UID   the guest's root as the node counts
#   ROOT_GID   its group
#   MOUNTS     lines "flags<TAB>source<TAB>path in the guest<TAB>dir|file|any|keep<TAB>optional|required|volume"
#   DEVICES    lines "c|b<TAB>major<TAB>minor<TAB>path<TAB>mode<TAB>uid<TAB>gid"

# 5 ms without starting a program.
moment() {
  read -r -t 0.005 <> <(:) || true
}

# The guest's first process, as root of its user namespace, in the folder of its root: it may be barred from the
# folders above. It says its number on descriptor 3 and waits for /proc.
first() {
  local pid
  local -a words
  while read -r -a words; do
    # From this machine's number to the guest's own; the one before that is the node's.
    [ "${words[0]-}" != NSpid: ] || pid=${words[-2]}
  done </proc/self/status
  hostname "$NAME"
  echo "$pid" >&3
  until [ -e proc/self ]; do moment; done
  mount --no-canonicalize --rbind . . || exit 1
  cd -P ../root || exit 1
  pivot_root . run/.old || exit 1
  cd / || exit 1
  umount -l /run/.old || exit 1
  rmdir /run/.old 2>/dev/null
  echo ready >&3
  exec 3>&-
  # shellcheck disable=SC2016 # expanded by the guest's shell
  exec -c -a /sbin/init /bin/bash -c \
    'trap "exit 0" TERM INT PWR; while :; do sleep 2147483647 & wait "$!"; done'
}

monitor() {
  local pid ready child
  local -a enter=()
  NAMESPACE=''
  HOLDER=''
  if [ -n "$UID_MAP" ]; then
    make_namespace
    enter=(nsenter "--user=$NAMESPACE" --setuid 0 --setgid 0)
  fi
  root_file_system
  exec {answers}<> <(:)
  cd "$STATE/root" || fail "cannot enter $STATE/root"
  "${enter[@]}" unshare --mount --pid --uts --ipc --fork --kill-child --propagation slave bash -c first \
    3>&"$answers" {answers}>&- </dev/null &
  child=$!
  # Without the others' ends of the pipe, a first process that dies would never be noticed.
  read -r -t 20 pid <&"$answers" || fail "the guest's first process did not start"
  process_files "$pid"
  read -r -t 20 ready <&"$answers" || fail "the guest's first process ended: ${ready:-no reason given}"
  exec {answers}>&-
  # The user namespace lives on in the guest's processes.
  [ -z "$HOLDER" ] || kill "$HOLDER"
  printf '%s\n' "$MONITOR" >"$STATE/monitor"
  printf '%s\n' "$pid" >"$STATE/pid.new"
  mv "$STATE/pid.new" "$STATE/pid"
  wait "$child"
}

main() {
  mkdir -p "$STATE/root"
  rm -f "$STATE/pid"
  export ID HOST STATE ROOT LAYER NAME UID_MAP GID_MAP ROOT_UID ROOT_GID MOUNTS DEVICES
  export -f make_namespace first monitor fail root_file_system process_files user_programs shifted own device devices
  export -f attach moment
  # shellcheck disable=SC2016 # expanded by the monitor's shell
  unshare --mount --propagation private bash -c 'MONITOR=$$; export MONITOR; exec -a "$0" bash -c monitor' "$TITLE" \
    </dev/null >"$STATE/log" 2>&1 &
  local child=$!
  disown "$child"
  while [ ! -s "$STATE/pid" ]; do
    if [ ! -d "$HOST/proc/$child" ]; then
      cat "$STATE/log" >&2
      exit 1
    fi
    moment
  done
  cat "$STATE/pid" "$STATE/monitor"
}

main
