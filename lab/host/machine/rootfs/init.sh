#!/bin/bash
# First process of the lab's host, in namespaces of its own (mount, pid, uts, ipc): builds the host's root
# file system, then runs the daemon. When the daemon ends, or this process is killed, the kernel ends every
# process here and drops every mount with them.
#
#   init.sh LAB HIDE DAEMON...     LAB: the lab's folder; HIDE: a folder of this machine to hide (the
#                                  project's checkout); DAEMON: command line of the daemon
set -euo pipefail

fail() {
  printf '{"error":"%s"}\n' "$1"
  exit 1
}

# One host at a time in the lab's folder: two overlays over one upper layer show each other's files half, and both
# daemons trip over them. The lock is this process's, as long as it lives; what it starts does not inherit it.
hold_folder() {
  exec 9>lock
  if ! flock -n 9; then
    printf '{"busy":true}\n'
    exit 0
  fi
}

# Until the system has been laid out once, nobody has used the host: what a start that was killed left is removed.
remove_half_made() {
  if [ ! -e disk/store/system-laid-out.json ]; then
    rm -rf --one-file-system disk
  fi
}

# Folders that a fresh Proxmox VE host has empty, or that hold what is nobody's business here.
own_folders() {
  local folders=(root home srv opt mnt media var/log var/lib/vz var/lib/lvm var/tmp) folder
  mkdir -p "${folders[@]/#/disk/own/}" "${folders[@]/#/root/}"
  for folder in "${folders[@]}"; do
    mount --bind "disk/own/$folder" "root/$folder"
  done
  chmod 700 disk/own/root
  chmod 1777 disk/own/var/tmp
}

# A whiteout of the overlay, unless the host has made something of that name itself. On an overlay there is none.
hide() {
  [ -e "$1" ] || mknod "$1" c 0 0 2>/dev/null
}

# Top-level folders of this machine that are not part of a Debian root file system.
hide_top_level() {
  local upper=$1 name
  for name in /* /.[!.]*; do
    case "${name#/}" in
    bin | boot | dev | etc | home | lib | lib32 | lib64 | libx32 | media | mnt | opt | proc | root | run | sbin | srv | sys | tmp | usr | var) ;;
    *) [ ! -e "$name" ] || hide "$upper$name" || return 1 ;;
    esac
  done
}

# Folders of which nothing on this machine is the host's: one whiteout each. In a mounted overlay it would take one for
# each of their files.
hide_contents() {
  local upper=$1 name
  for name in etc/apt/sources.list.d etc/systemd/system usr/lib/systemd/system; do
    if [ -d "/$name" ]; then
      mkdir -p "$upper/${name%/*}" && hide "$upper/$name" || return 1
    fi
  done
}

# The project's checkout and the lab's folder, where they lie below a folder that is part of the overlay.
hide_folders() {
  local name
  for name in "$@"; do
    if [ -d "root$name" ]; then
      mount -t tmpfs -o ro,size=4k,mode=0 hidden "root$name"
    fi
  done
}

# Mounts the host's root over the machine's, with the upper layer in a folder; fails where that cannot be one.
mount_root() {
  local layers=$1
  mkdir -p "$layers/upper" "$layers/work" root &&
    hide_contents "$layers/upper" && hide_top_level "$layers/upper" &&
    mount -t overlay overlay -o "lowerdir=/,upperdir=$layers/upper,workdir=$layers/work" root 2>/dev/null
}

overlay() {
  if mount_root disk; then
    return
  fi
  # The lab's folder lies on a file system that cannot be an upper layer (an overlay itself, as in a container). A host
  # has files; folders and whiteouts alone are what a start leaves that came no further.
  if [ -n "$(find disk/upper -mindepth 1 ! -type c ! -type d -print -quit)" ]; then
    fail "the overlay of this lab's host, which was mounted before, cannot be mounted now"
  fi
  # A host that is new knows nothing of a former one: neither that it was installed, nor its pools.
  rm -rf --one-file-system disk
  mkdir -p disk memory
  mount -t tmpfs -o mode=755 memory memory
  mount_root memory ||
    fail "this machine's root file system cannot be the lower layer of an overlay file system"
  echo "the host's root file system is kept in memory: it is new after each start" >&2
}

devices() {
  local name
  mount -t tmpfs -o nosuid,mode=755 dev root/dev
  for name in null zero full random urandom tty; do
    : >"root/dev/$name"
    mount --bind "/dev/$name" "root/dev/$name"
  done
  mkdir root/dev/pts root/dev/shm
  mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts root/dev/pts
  ln -s pts/ptmx root/dev/ptmx
  mount -t tmpfs -o nosuid,nodev shm root/dev/shm
  ln -s /proc/self/fd root/dev/fd
  ln -s /proc/self/fd/0 root/dev/stdin
  ln -s /proc/self/fd/1 root/dev/stdout
  ln -s /proc/self/fd/2 root/dev/stderr
}

kernel() {
  mount -t proc -o nosuid,nodev,noexec proc root/proc
  mount --bind root/proc/sys root/proc/sys
  mount -o remount,bind,ro root/proc/sys
  if [ -e root/proc/sysrq-trigger ]; then
    mount --bind /dev/null root/proc/sysrq-trigger
  fi
  # Not this machine's /sys: its devices are not the host's, and writing there would change the machine.
  mount -t tmpfs -o nosuid,nodev,noexec,mode=755 sys root/sys
  mount -t tmpfs -o nosuid,nodev,mode=755 run root/run
  # Everybody may write there, as on Debian.
  mkdir -p root/run/lock
  chmod 1777 root/run/lock
  mount -t tmpfs -o nosuid,nodev tmp root/tmp
}

main() {
  local lab=$1 hide=$2 pid fd
  shift 2
  # /proc is still the machine's here, so this is the number the machine knows this process by.
  read -r pid _ </proc/self/stat
  cd "$lab"
  umask 022
  # What the launcher happened to have open is nobody's business in the host.
  for fd in /proc/self/fd/*; do
    fd=${fd##*/}
    if ((fd > 2 && fd < 255)); then
      exec {fd}>&-
    fi
  done
  hold_folder
  printf '%s\n' "$pid" >pid
  remove_half_made
  overlay
  kernel
  devices
  own_folders
  hide_folders "$hide" "$lab"
  # What the host's root could do to the machine outside the namespaces is taken from everything below.
  local drop=-sys_boot,-sys_module,-sys_time,-sys_rawio,-net_admin,-syslog,-wake_alarm,-mac_admin,-audit_control
  setpriv --bounding-set "$drop" --inh-caps "$drop" -- "$@" </dev/null 9>&- &
  local daemon=$!
  trap 'kill -TERM "$daemon" 2>/dev/null || true' TERM INT
  # A first process must collect every orphan; bash does so while it waits.
  while kill -0 "$daemon" 2>/dev/null; do
    wait "$daemon" || true
  done
}

main "$@"
