import type { WireMap } from "../../shared/wire";
import { zeroOf } from "../bridge/fields";
import type { Field, Fields } from "../bridge/fields";
import * as rules from "./rules";

export const text: Field = { kind: "string" };
export const number: Field = { kind: "number" };
export const flag: Field = { kind: "boolean" };
export const texts: Field = { kind: "list" };
export const of = (field: Field, more: Partial<Field>): Field => ({ ...field, ...more });

function isBlank(value: unknown): boolean {
  return value === "" || value === null;
}

/** A block's default: each of its properties at its own default, nothing marked. */
export function defaultsOf(fields: Fields): WireMap {
  return Object.fromEntries(
    Object.entries(fields).map(([key, field]) => [key, field.default ?? zeroOf(field)]),
  );
}

export const waitForIp: Fields = { disabled: flag, ipv4: flag, ipv6: flag };

const speed: Fields = {
  iopsRead: number,
  iopsReadBurstable: number,
  iopsWrite: number,
  iopsWriteBurstable: number,
  read: number,
  readBurstable: number,
  write: number,
  writeBurstable: number,
};

export const disk: Fields = {
  aio: of(text, { default: "io_uring", valid: rules.aio }),
  backup: of(flag, { default: true }),
  cache: of(text, { default: "none", valid: rules.cache }),
  datastoreId: of(text, { default: "local-lvm" }),
  discard: of(text, { default: "ignore" }),
  fileFormat: of(text, { computed: true, valid: rules.fileFormat }),
  fileId: of(text, { replaces: true, valid: rules.fileId }),
  importFrom: of(text, { valid: rules.fileId }),
  interface: of(text, { required: true }),
  iothread: flag,
  pathInDatastore: of(text, { computed: true }),
  queues: of(number, { valid: rules.diskQueues }),
  replicate: of(flag, { default: true }),
  serial: of(text, { valid: rules.serialNumber }),
  size: of(number, { default: 8, valid: rules.diskSize }),
  speed: { kind: "block", fields: speed, default: defaultsOf(speed) },
  ssd: flag,
};

const address: Fields = { address: text, gateway: text };

export const initialization: Fields = {
  datastoreId: of(text, { default: "local-lvm" }),
  dns: { kind: "block", default: null, fields: { domain: text, servers: texts } },
  fileFormat: of(text, { computed: true, valid: rules.fileFormat }),
  interface: of(text, { valid: rules.cloudInitInterface, suppress: (_before, after) => isBlank(after) }),
  ipConfigs: {
    kind: "blocks",
    tf: "ip_config",
    most: 8,
    default: [],
    fields: {
      ipv4: { kind: "block", fields: address, default: null },
      ipv6: { kind: "block", fields: address, default: null },
    },
  },
  metaDataFileId: of(text, { replaces: true, valid: rules.fileId }),
  networkDataFileId: of(text, { replaces: true, valid: rules.fileId }),
  type: of(text, { replaces: true, valid: rules.cloudInitType }),
  upgrade: of(flag, { computed: true, zero: null }),
  userAccount: {
    kind: "block",
    default: null,
    fields: {
      keys: texts,
      // The node shows stars for any password: from then on no change of it is seen.
      password: of(text, {
        secret: true,
        suppress: (before) => typeof before === "string" && /^\*+$/.test(before),
      }),
      username: text,
    },
  },
  userDataFileId: of(text, { replaces: true, valid: rules.fileId }),
  vendorDataFileId: of(text, { replaces: true, valid: rules.fileId }),
};

export const networkDevice: Fields = {
  bridge: of(text, { default: "vmbr0" }),
  disconnected: flag,
  enabled: of(flag, { deprecated: true, default: true }),
  firewall: flag,
  macAddress: of(text, {
    computed: true,
    valid: rules.macAddress,
    suppress: (_before, after) => isBlank(after),
  }),
  model: of(text, { default: "virtio", valid: rules.networkModel }),
  mtu: number,
  queues: of(number, { valid: rules.networkQueues }),
  rateLimit: number,
  trunks: text,
  vlanId: number,
};

export const watchdog: Fields = {
  action: of(text, { default: "none", valid: rules.watchdogAction }),
  enabled: flag,
  model: of(text, { default: "i6300esb", valid: rules.watchdogModel }),
};
