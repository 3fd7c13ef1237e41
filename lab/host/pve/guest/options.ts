/** Options of a container: PVE::LXC::Config's schema, as `pct set` and the API verify it. */
import { boolean, integer, number, string, type Parameters, type PropertyString } from "../schema/types";

export const LIMITS = { mounts: 256, networks: 32, unused: 256, devices: 256 };

const O = { optional: true } as const;

const volume = (release: 8 | 9): PropertyString => ({
  volume: string({ defaultKey: true }),
  size: string({ ...O, pattern: /^(\d+(\.\d+)?)([KMGT])?$/ }),
  acl: boolean(O),
  mountoptions: string({ ...O, pattern: /^(?:(?:noatime|lazytime|nodev|noexec|nosuid|discard)(?:;|$))+$/ }),
  ro: boolean(O),
  quota: boolean(O),
  replicate: boolean(O),
  shared: boolean(O),
  ...(release === 9 && { idmap: string(O) }),
});

export const rootfsFormat = (release: 8 | 9): PropertyString => volume(release);

export const mountFormat = (release: 8 | 9): PropertyString => ({
  ...volume(release),
  mp: string({ format: "pve-lxc-mp-string" }),
  backup: boolean(O),
});

export const networkFormat = (release: 8 | 9): PropertyString => ({
  name: string({ pattern: /^[-_.\w\d]+$/ }),
  bridge: string({ ...O, pattern: /^[-_.\w\d]+$/ }),
  hwaddr: string({ ...O, format: "mac-addr" }),
  mtu: integer({ ...O, minimum: 64, maximum: 65535 }),
  ip: string({ ...O, format: "pve-ipv4-config" }),
  gw: string({ ...O, format: "ipv4" }),
  ip6: string({ ...O, format: "pve-ipv6-config" }),
  gw6: string({ ...O, format: "ipv6" }),
  firewall: boolean(O),
  tag: integer({ ...O, minimum: 1, maximum: 4094 }),
  trunks: string({ ...O, pattern: /^\d+(?:;\d+)*$/ }),
  rate: number(O),
  link_down: boolean(O),
  type: string({ ...O, enum: ["veth"] }),
  ...(release === 9 && { "host-managed": boolean(O) }),
});

export const deviceFormat: PropertyString = {
  path: string({ optional: true, defaultKey: true, format: "pve-lxc-dev-string" }),
  mode: string({ ...O, pattern: /^0[0-7]{3}$/ }),
  uid: integer({ ...O, minimum: 0 }),
  gid: integer({ ...O, minimum: 0 }),
  "deny-write": boolean(O),
};

export const featuresFormat: PropertyString = {
  mount: string({ ...O, pattern: /^(?:[a-zA-Z0-9_]+)(?:;[a-zA-Z0-9_]+)*$/ }),
  nesting: boolean(O),
  keyctl: boolean(O),
  fuse: boolean(O),
  mknod: boolean(O),
  force_rw_sys: boolean(O),
};

export const LOCKS = [
  "backup",
  "create",
  "destroyed",
  "disk",
  "fstrim",
  "migrate",
  "mounted",
  "rollback",
  "snapshot",
  "snapshot-delete",
];

const OS_TYPES =
  "debian, devuan, ubuntu, centos, fedora, opensuse, archlinux, alpine, gentoo, nixos, unmanaged".split(", ");

function numbered(prefix: string, count: number, format: PropertyString): Parameters {
  return Object.fromEntries(
    Array.from({ length: count }, (_, n) => [`${prefix}${n}`, string({ ...O, format })] as const),
  );
}

function build(release: 8 | 9): Parameters {
  return {
    lock: string({ ...O, enum: LOCKS }),
    onboot: boolean(O),
    startup: string({ ...O, format: "pve-startup-order" }),
    template: boolean(O),
    arch: string({ ...O, enum: ["amd64", "i386", "arm64", "armhf", "riscv32", "riscv64"] }),
    ostype: string({ ...O, enum: OS_TYPES }),
    console: boolean(O),
    tty: integer({ ...O, minimum: 0, maximum: 6 }),
    cores: integer({ ...O, minimum: 1, maximum: 8192 }),
    cpulimit: number({ ...O, minimum: 0, maximum: 8192 }),
    cpuunits: integer({ ...O, minimum: 0, maximum: 500000 }),
    memory: integer({ ...O, minimum: 16 }),
    swap: integer({ ...O, minimum: 0 }),
    hostname: string({ ...O, format: "dns-name", maxLength: 255 }),
    description: string({ ...O, maxLength: 8192 }),
    searchdomain: string({ ...O, format: "dns-name-list" }),
    nameserver: string({ ...O, format: "lxc-ip-with-ll-iface-list" }),
    timezone: string({ ...O, format: "pve-ct-timezone" }),
    rootfs: string({ ...O, format: rootfsFormat(release) }),
    cmode: string({ ...O, enum: ["shell", "console", "tty"] }),
    protection: boolean(O),
    unprivileged: boolean(O),
    features: string({ ...O, format: featuresFormat }),
    hookscript: string({ ...O, format: "pve-volume-id" }),
    tags: string({ ...O, format: "pve-tag-list" }),
    debug: boolean(O),
    ...(release === 9 && {
      entrypoint: string({ ...O, maxLength: 1024 }),
      env: string({ ...O, maxLength: 4096 }),
    }),
    ...numbered("net", LIMITS.networks, networkFormat(release)),
    ...numbered("mp", LIMITS.mounts, mountFormat(release)),
    ...numbered("dev", LIMITS.devices, deviceFormat),
    ...Object.fromEntries(
      Array.from({ length: LIMITS.unused }, (_, n) => [`unused${n}`, string(O)] as const),
    ),
  };
}

const built: Partial<Record<8 | 9, Parameters>> = {};

/** All options by name. */
export const containerOptions = (release: 8 | 9): Parameters => (built[release] ??= build(release));

/** Keys a file may hold that nobody sets by hand. */
export const INTERNAL_KEYS = new Set(["parent", "snaptime", "snapstate", "snapname"]);

/** Options whose value a JSON answer gives as a number. */
export function isNumeric(release: 8 | 9, key: string): boolean {
  const type = containerOptions(release)[key]?.type;
  return type === "integer" || type === "number" || type === "boolean" || key === "snaptime";
}
