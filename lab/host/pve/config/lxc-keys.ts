/** Raw `lxc.*` keys that a container's file may hold (lxc.container.conf(5), PVE::LXC::Config). */

const KEYS = new Set(
  `apparmor.profile apparmor.allow_incomplete apparmor.allow_nesting apparmor.raw selinux.context include arch
  uts.name signal.halt signal.reboot signal.stop init.cmd init.uid init.gid pty.max console.logfile console.path
  console.buffer.size console.size console.rotate tty.max tty.dir autodev autodev.tmpfs.size kmsg mount.fstab
  mount.entry mount.auto rootfs.mount cap.drop cap.keep seccomp.profile seccomp.allow_nesting seccomp.notify.proxy
  seccomp.notify.cookie idmap hook.version hook.autodev hook.pre-start hook.start-host hook.pre-mount hook.mount
  hook.start hook.stop hook.post-stop hook.clone hook.destroy log.level log.file log.syslog start.auto start.delay
  start.order group environment no_new_privs namespace.clone namespace.keep namespace.share.net
  namespace.share.ipc namespace.share.pid namespace.share.uts keyring.session monitor.unshare monitor.signal.pdeath
  ephemeral execute.cmd sched.core time.offset.boot time.offset.monotonic`
    .split(/\s+/)
    .map((key) => `lxc.${key}`),
);

const REFUSED: Record<string, string> = {
  "lxc.rootfs.path": "lxc.rootfs.path is auto generated from rootfs",
  "lxc.rootfs.options":
    'lxc.rootfs.options is not supported, please use mount point options in the "rootfs" key',
};

/** undefined: valid; "": unknown; otherwise why it is refused. */
export function lxcKeyError(key: string): string | undefined {
  if (REFUSED[key] !== undefined) return REFUSED[key];
  if (KEYS.has(key) || /^lxc\.(cgroup2?|prlimit|sysctl|proc|net|mount\.auto)\./.test(key)) return undefined;
  return "";
}
