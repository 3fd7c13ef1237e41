import { zeroOf } from "../bridge/fields";
import type { Field, Fields } from "../bridge/fields";
import type { Wire } from "../../shared/wire";

const text: Field = { kind: "string" };
const number: Field = { kind: "number" };
const flag: Field = { kind: "boolean" };
const texts: Field = { kind: "list" };
const of = (field: Field, more: Partial<Field>): Field => ({ ...field, ...more });

const clone: Fields = {
  datastoreId: of(text, { replaces: true }),
  full: of(flag, { default: true, replaces: true }),
  nodeName: of(text, { replaces: true }),
  vmId: of(number, { required: true, replaces: true }),
};

const consoleFields: Fields = {
  enabled: of(flag, { default: true }),
  ttyCount: of(number, { default: 2 }),
  type: of(text, { default: "tty" }),
};

const cpu: Fields = {
  architecture: of(text, { default: "amd64" }),
  cores: of(number, { default: 1 }),
  limit: number,
  units: of(number, { computed: true }),
};

const disk: Fields = {
  acl: flag,
  datastoreId: of(text, { default: "local", replaces: true }),
  mountOptions: of(texts, { unordered: true }),
  pathInDatastore: of(text, { computed: true, output: true }),
  quota: flag,
  replicate: flag,
  // A shrink is planned as an update, which the update then refuses.
  size: of(number, { default: 4 }),
};

const features: Fields = {
  fuse: flag,
  keyctl: flag,
  mknod: flag,
  mounts: of(texts, { tf: "mount" }),
  nesting: flag,
};

const address: Fields = { address: text, gateway: text };

const ipConfig: Fields = {
  ipv4: { kind: "block", fields: address, default: null },
  ipv6: { kind: "block", fields: address, default: null },
};

const initialization: Fields = {
  dns: {
    kind: "block",
    default: null,
    fields: { domain: text, server: of(text, { deprecated: true }), servers: texts },
    // An empty block is no change.
    suppress: (before, after) => before === null && isEmptyDns(after),
  },
  entrypoint: text,
  hostname: text,
  ipConfigs: { kind: "blocks", fields: ipConfig, tf: "ip_config", default: [] },
  userAccount: {
    kind: "block",
    default: null,
    replaces: true,
    fields: { keys: of(texts, { default: [] }), password: of(text, { secret: true }) },
  },
};

function isEmptyDns(value: Wire): boolean {
  return JSON.stringify(value) === JSON.stringify({ domain: "", server: "", servers: null });
}

const mountPoint: Fields = {
  acl: flag,
  backup: flag,
  mountOptions: texts,
  path: of(text, {
    required: true,
    suppress: (before, after) => typeof before === "string" && `/${before}` === after,
  }),
  pathInDatastore: of(text, { computed: true, output: true }),
  quota: flag,
  readOnly: flag,
  replicate: of(flag, { default: true }),
  shared: flag,
  size: text,
  // The state has the volume that was made of `storage` or `storage:size`.
  volume: of(text, {
    required: true,
    suppress: (before, after) =>
      typeof before === "string" && typeof after === "string" && before.startsWith(`${after.split(":")[0]}:`),
  }),
};

const devicePassthrough: Fields = {
  denyWrite: flag,
  gid: number,
  mode: of(text, { default: "0660" }),
  path: of(text, { required: true }),
  uid: number,
};

const idmap: Fields = {
  containerId: of(number, { required: true }),
  hostId: of(number, { required: true }),
  size: of(number, { required: true }),
  type: of(text, { required: true }),
};

const networkInterface: Fields = {
  bridge: of(text, { default: "vmbr0" }),
  enabled: of(flag, { default: true }),
  firewall: flag,
  hostManaged: flag,
  macAddress: of(text, { computed: true, suppress: (_before, after) => after === "" || after === null }),
  mtu: number,
  name: of(text, { required: true }),
  rateLimit: number,
  vlanId: number,
};

const startup: Fields = {
  downDelay: of(number, { default: -1 }),
  order: of(number, { default: -1 }),
  upDelay: of(number, { default: -1 }),
};

/** A block's default: each of its properties at its own default, nothing marked. */
function defaultsOf(fields: Fields): Wire {
  const inputs = Object.entries(fields).filter(([, field]) => !field.output && !field.computed);
  return Object.fromEntries(
    inputs.map(([key, field]) => [key, field.default ?? (field.kind === "list" ? [] : zeroOf(field))]),
  );
}

/** ContainerLegacy: `proxmox_virtual_environment_container`, bpg/proxmox 0.111. */
export const containerFields: Fields = {
  clone: { kind: "block", fields: clone, default: null, replaces: true },
  console: { kind: "block", fields: consoleFields, default: defaultsOf(consoleFields) },
  cpu: { kind: "block", fields: cpu, default: { ...(defaultsOf(cpu) as object), units: 0 } },
  description: of(text, { suppress: (before, after) => before === storedDescription(after) }),
  devicePassthroughs: { kind: "blocks", fields: devicePassthrough, tf: "device_passthrough" },
  disk: { kind: "block", fields: disk, default: defaultsOf(disk) },
  environmentVariables: { kind: "map" },
  features: { kind: "block", fields: features, default: defaultsOf(features) },
  hookScriptFileId: text,
  idmaps: { kind: "blocks", fields: idmap, tf: "idmap" },
  initialization: { kind: "block", fields: initialization, default: null },
  ipv4: { kind: "map", output: true },
  ipv6: { kind: "map", output: true },
  memory: {
    kind: "block",
    fields: { dedicated: of(number, { default: 512 }), swap: number },
    default: { dedicated: 512, swap: 0 },
  },
  mountPoints: { kind: "blocks", fields: mountPoint, tf: "mount_point", replaces: true, stable: true },
  networkInterfaces: { kind: "blocks", fields: networkInterface, tf: "network_interface", default: [null] },
  nodeName: of(text, { required: true, replaces: true, stable: true }),
  operatingSystem: {
    kind: "block",
    stable: true,
    fields: {
      templateFileId: of(text, { required: true, replaces: true }),
      type: of(text, { default: "unmanaged" }),
    },
  },
  poolId: of(text, { replaces: true, stable: true, zero: null }),
  protection: flag,
  startOnBoot: of(flag, { default: true }),
  started: of(flag, { default: true }),
  startup: { kind: "block", fields: startup },
  tags: of(texts, { unordered: true }),
  template: of(flag, { replaces: true, stable: true }),
  timeoutClone: of(number, { default: 1800 }),
  timeoutCreate: of(number, { default: 1800 }),
  timeoutDelete: of(number, { default: 60 }),
  timeoutStart: of(number, { default: 300, deprecated: true }),
  timeoutUpdate: of(number, { default: 1800 }),
  unprivileged: of(flag, { replaces: true, stable: true }),
  vmId: of(number, { computed: true, replaces: true }),
  waitForIp: { kind: "block", fields: { ipv4: flag, ipv6: flag } },
};

/** Proxmox VE ends every description with a line feed. */
export function storedDescription(value: Wire): string {
  return typeof value === "string" && value !== "" ? `${value.trim().replaceAll("\r\n", "\n")}\n` : "";
}
