# shellcheck shell=bash
# The root file system of a container, put together by the node's root in the monitor's mount namespace. Joined in
# front of launch.sh, which names the variables. What fails ends the monitor with one line for its log.

# A folder's owner becomes the guest's root.
own() {
  chown "$ROOT_UID:$ROOT_GID" "$@"
}

# shifted FOLDER TARGET: binds a folder of this machine with its owners shifted into the guest's user namespace.
# Where neither perl nor mount(8) can ask the kernel for that, or the file system does not have it, the owners
# stay: the guest sees them as nobody and can run and read, but not replace, what lies there.
shifted() {
  mkdir -p "$2"
  mount --bind "$1" "$2" || fail "cannot mount $1"
  [ -n "$NAMESPACE" ] || return 0
  # open_tree, mount_setattr and move_mount have these numbers on every architecture.
  # shellcheck disable=SC2016 # Perl's own variables
  perl -e 'my ($path, $namespace) = ($ARGV[0] . "\0", $ARGV[1]); my $empty = "\0";
    open(my $handle, "<", $namespace) or exit 1;
    my $tree = syscall(428, -100, $path, 1); exit 1 if $tree < 0;
    my $attributes = pack("Q4", 0x100000, 0, 0, fileno($handle));
    exit 1 if syscall(442, $tree, $empty, 0x1000, $attributes, length($attributes)) < 0;
    exit 1 if syscall(429, $tree, $empty, -100, $path, 4) < 0;' "$2" "$NAMESPACE" 2>/dev/null ||
    mount --bind -o "X-mount.idmap=$NAMESPACE" "$1" "$2" 2>/dev/null || true
}

# /usr: the volume's own over what the lab puts between over this machine's. /usr/local is the volume's alone.
user_programs() {
  local root=$1 below="$STATE/below"
  shifted "$LAYER/usr" "$below/layer"
  shifted /usr "$below/machine"
  rm -rf "$root/.lab-work/work"
  mount -t overlay overlay "$root/usr" 2>/dev/null \
    -o "lowerdir=$below/layer:$below/machine,upperdir=$root/usr,workdir=$root/.lab-work" ||
    mount -t overlay overlay -o "lowerdir=$root/usr:$below/layer:$below/machine" "$root/usr" ||
    fail "cannot mount /usr"
  [ -d "$root/usr/local" ] || { mkdir "$root/usr/local" && own "$root/usr/local"; }
  # shellcheck disable=SC2153 # both are meant
  mkdir -p "$ROOT/usr/local" && mount --bind "$ROOT/usr/local" "$root/usr/local"
  umount "$below/layer" "$below/machine"
}

# device ROOT TYPE MAJOR MINOR PATH MODE UID GID: a node of its own, as Proxmox VE makes for devN.
device() {
  local node="$1$5"
  mkdir -p "${node%/*}"
  # One of the devices that every container has is a mount, and is covered.
  rm -f "$node" 2>/dev/null || node="$1/dev/.passthrough"
  mknod -m "$6" "$node" "$2" "$3" "$4" && chown "$7:$8" "$node" || return 1
  [ "$node" = "$1$5" ] || { mount --bind "$node" "$1$5" && rm "$node"; }
}

devices() {
  local root=$1 name type major minor path mode uid gid owner="uid=$ROOT_UID,gid=$ROOT_GID"
  mount -t tmpfs -o "nosuid,mode=755,$owner" dev "$root/dev"
  for name in null zero full random urandom tty; do
    : >"$root/dev/$name"
    mount --bind "$HOST/dev/$name" "$root/dev/$name"
  done
  mkdir "$root/dev/pts" "$root/dev/shm" "$root/dev/mqueue"
  mount -t devpts -o "newinstance,ptmxmode=0666,mode=0620,gid=$((ROOT_GID + 5))" devpts "$root/dev/pts"
  mount -t tmpfs -o "nosuid,nodev,mode=1777,$owner" shm "$root/dev/shm"
  own "$root/dev/mqueue"
  ln -s pts/ptmx "$root/dev/ptmx"
  ln -s /proc/self/fd "$root/dev/fd"
  for name in 0:stdin 1:stdout 2:stderr; do
    ln -s "/proc/self/fd/${name%%:*}" "$root/dev/${name#*:}"
  done
  while IFS=$'\t' read -r type major minor path mode uid gid; do
    [ -n "$type" ] || continue
    device "$root" "$type" "$major" "$minor" "$path" "$mode" "$uid" "$gid"
  done <<<"$DEVICES"
}

# attach FLAGS SOURCE TARGET KIND: binds a source, after making what it is bound on.
attach() {
  local flags=$1 source=$2 target=$3 kind=$4 above part
  local -a made=()
  if [ "$kind" = any ]; then
    kind="file"
    [ ! -d "$source" ] || kind=dir
  fi
  # A link in the guest must not lead out of it.
  target=$(realpath -m -- "$target")
  [ "${target#"$STATE/root/"}" != "$target" ] || return 1
  if [ ! -e "$target" ] && [ "$kind" != keep ]; then
    above=$target
    if [ "$kind" = file ]; then above=${target%/*}; fi
    for ((part = 0; part < 100; part++)); do
      [ ! -e "$above" ] || break
      made+=("$above")
      above=${above%/*}
    done
    if [ "$kind" = file ]; then
      mkdir -p "${target%/*}"
      : >"$target"
      made+=("$target")
    else
      mkdir -p "$target"
    fi
    own "${made[@]}"
  fi
  # A source that is read-only stays so: "rw" is never asked for.
  flags=${flags#rw}
  mount -o "bind,${flags#,}" "$source" "$target" 2>/dev/null
}

root_file_system() {
  local root="$STATE/root" name flags source target kind need
  mount --bind --make-private "$ROOT" "$root" || fail "cannot mount $ROOT"
  for name in usr proc sys dev run tmp .lab-work; do
    [ -d "$root/$name" ] || { mkdir "$root/$name" && own "$root/$name"; }
  done
  user_programs "$root"
  mount -t tmpfs -o "nosuid,nodev,mode=755,uid=$ROOT_UID,gid=$ROOT_GID" run "$root/run"
  mkdir "$root/run/.old" "$root/run/lock" "$root/run/phoenix-lab"
  own "$root"/run/{.old,lock,phoenix-lab}
  chmod 1777 "$root/run/lock"
  mount --bind "$STATE/client" "$root/run/phoenix-lab"
  devices "$root"
  mkdir -p "$HOST"/sys/{class/net,devices/system/cpu,fs/cgroup}
  mount -o bind,ro "$HOST/sys" "$root/sys"
  for name in class/net devices/system/cpu; do
    mount -o bind,ro "$STATE/sys/$name" "$root/sys/$name"
  done
  mount -o bind,ro "$HOST/sys/fs/cgroup/lxc/$ID/ns" "$root/sys/fs/cgroup"
  while IFS=$'\t' read -r flags source target kind need; do
    [ -n "$flags" ] || continue
    attach "$flags" "$source" "$root/${target#/}" "$kind" || [ "$need" = optional ] ||
      fail "mount_entry $source $target"
  done <<<"$MOUNTS"
  # What is mounted here from now on appears in the guest's copy.
  mount --make-rshared "$root"
}

# /proc of the guest's own processes, with what lxcfs shows in it.
process_files() {
  local pid=$1 root="$STATE/root" name
  nsenter "--pid=$HOST/proc/$pid/ns/pid" mount -t proc -o nosuid,nodev,noexec proc "$STATE/proc" || fail "cannot mount /proc"
  mount -o bind,ro "$STATE/proc/sys" "$STATE/proc/sys"
  if [ -e "$STATE/proc/sysrq-trigger" ]; then
    mount --bind /dev/null "$STATE/proc/sysrq-trigger"
  fi
  for name in "$STATE"/lxcfs/*; do
    mount --bind "$name" "$STATE/proc/${name##*/}"
  done
  mount --rbind "$STATE/proc" "$root/proc"
  umount -l "$STATE/proc"
}
