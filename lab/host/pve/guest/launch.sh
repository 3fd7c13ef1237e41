# shellcheck shell=bash
# Starts a container: a first process in mount, pid, uts and ipc namespaces of its own, rooted in the
# container's volume, with this host's /usr below the volume's own. Read by bash from standard input.
#
#   STATE      folder below /run for this container: root/ (mount point), pid, log
#   ROOT       folder of the root volume
#   NAME       host name of the guest
#   MOUNTS     lines "bind|ro|rw<TAB>source<TAB>path in the guest<TAB>dir|file|keep<TAB>optional|required"

fail() {
  echo "$1" >&2
  exit 1
}

# The first process of the guest. Everything it mounts goes with its mount namespace.
guest() {
  local mode source target kind need pid
  mount --bind "$ROOT" "$STATE/root" || fail "cannot mount $ROOT"
  mount --make-private "$STATE/root"
  mkdir -p "$STATE/root"/{usr,proc,sys,dev,run,tmp,.lab-work}
  rm -rf "$STATE/root/.lab-work/work"
  mount -t overlay overlay -o "lowerdir=/usr,upperdir=$STATE/root/usr,workdir=$STATE/root/.lab-work" \
    "$STATE/root/usr" 2>/dev/null || mount --bind -o ro /usr "$STATE/root/usr" || fail "cannot mount /usr"
  mount -t tmpfs -o nosuid,nodev,mode=755 run "$STATE/root/run"
  mount -t tmpfs -o nosuid,mode=755 dev "$STATE/root/dev"
  for target in null zero full random urandom tty; do
    : >"$STATE/root/dev/$target"
    mount --bind "/dev/$target" "$STATE/root/dev/$target"
  done
  mkdir "$STATE/root/dev/pts" "$STATE/root/dev/shm"
  mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts "$STATE/root/dev/pts"
  mount -t tmpfs -o nosuid,nodev shm "$STATE/root/dev/shm"
  ln -s pts/ptmx "$STATE/root/dev/ptmx"
  ln -s /proc/self/fd "$STATE/root/dev/fd"
  for target in 0:stdin 1:stdout 2:stderr; do
    ln -s "/proc/self/fd/${target%%:*}" "$STATE/root/dev/${target#*:}"
  done
  while IFS=$'\t' read -r mode source target kind need; do
    [ -n "$mode" ] || continue
    if [ ! -e "$source" ]; then
      [ "$need" = optional ] && continue
      fail "directory '$source' does not exist"
    fi
    attach "$mode" "$source" "$STATE/root/${target#/}" "$kind" || [ "$need" = optional ] || fail "cannot mount $source"
  done <<<"$MOUNTS"
  hostname "$NAME"
  # /proc is still the host's here, so this is the number the host knows this process by.
  read -r pid _ </proc/self/stat
  mount -t proc -o nosuid,nodev,noexec proc "$STATE/root/proc"
  printf '%s\n' "$pid" >"$STATE/pid.new"
  mv "$STATE/pid.new" "$STATE/pid"
  cd / || exit 1
  # shellcheck disable=SC2016 # expanded by the guest's shell
  exec -c -a /sbin/init chroot "$STATE/root" /bin/bash -c \
    'trap "exit 0" TERM INT PWR; while :; do sleep 2147483647 & wait "$!"; done'
}

attach() {
  local mode=$1 source=$2 target=$3 kind=$4
  if [ "$kind" = file ] || { [ "$kind" = any ] && [ ! -d "$source" ]; }; then
    mkdir -p "${target%/*}"
    [ -e "$target" ] || : >"$target"
  elif [ "$kind" != keep ]; then
    mkdir -p "$target"
  fi
  mount --bind "$source" "$target" || return 1
  if [ "$mode" = ro ]; then
    mount -o remount,bind,ro "$target"
  fi
}

main() {
  mkdir -p "$STATE/root"
  rm -f "$STATE/pid"
  export STATE ROOT NAME MOUNTS
  export -f guest attach fail
  unshare --mount --pid --uts --ipc --fork --propagation private /bin/bash -c guest \
    </dev/null >"$STATE/log" 2>&1 &
  local child=$!
  disown "$child"
  while [ ! -s "$STATE/pid" ]; do
    if [ ! -d "/proc/$child" ]; then
      cat "$STATE/log" >&2
      exit 1
    fi
    sleep 0.01
  done
  cat "$STATE/pid"
}

main
