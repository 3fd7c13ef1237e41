/** Parts of a machine's entry, from its configuration: each says what it has read, and what of it no entry can say. */
import { keysOf, leftOf, NotExpressible, tagsOf } from "./said";
import { gigabytes, parseList, type GuestConf } from "./conf";

export interface Part {
  entry: Record<string, unknown>;
  /** Keys of the configuration that are in the entry. */
  said: string[];
  left: string[];
}

type Pairs = ReadonlyMap<string, string>;

/** Of a drive's line: `storage:volume,…`. */
export const storageOf = (drive: Pairs): string =>
  (drive.get("") ?? drive.get("file") ?? "").split(":")[0] ?? "";

const flag = (value: string | undefined) => (value === undefined ? undefined : value === "1");
const number = (value: string | undefined) => (value === undefined ? undefined : Number(value));
const defined = (entry: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== undefined));

const OPTIONS = {
  ...{ sockets: "number", numa: "flag", cpulimit: "number", cpuunits: "number" },
  balloon: "balloon_mb:number",
};

/** Processor, memory, tags. Without `cpu` Proxmox VE has kvm64, and an entry x86-64-v2-AES. */
export function options({ values }: GuestConf): Part {
  const cpu = parseList(values.get("cpu") ?? "");
  const { tags, others } = tagsOf(values);
  return {
    entry: defined({
      cpu_type: cpu.get("") ?? cpu.get("cputype") ?? "kvm64",
      cpu_flags: cpu.get("flags")?.split(";"),
      ...keysOf(values, OPTIONS),
      tags: tags.length > 0 ? tags : undefined,
    }),
    said: ["cpu", "tags", ...Object.keys(OPTIONS)],
    left: [...leftOf("cpu", cpu, ["", "cputype", "flags"]), ...others],
  };
}

const models = ["virtio", "e1000", "e1000e", "rtl8139", "vmxnet3"];

const CARD = { tag: "vlan:number", mtu: "number", rate: "number", queues: "number" };

interface Card {
  entry: { bridge?: string; mac_address: string; model?: string; [key: string]: unknown };
  left: string[];
}

/** A card; undefined where its model is one that no entry names. */
function card(key: string, text: string): Card | undefined {
  const pairs = parseList(text);
  const model = models.find((name) => pairs.has(name));
  if (model === undefined) return undefined;
  return {
    entry: {
      ...defined({
        bridge: pairs.get("bridge"),
        model: model === "virtio" ? undefined : model,
        ...keysOf(pairs, CARD),
      }),
      mac_address: pairs.get(model)!,
    },
    left: leftOf(key, pairs, ["", model, "bridge", ...Object.keys(CARD)]),
  };
}

/** `ip=…,gw=…` of cloud-init. */
function addresses(text: string | undefined): Record<string, string> {
  return Object.fromEntries([...parseList(text ?? "")].filter(([key]) => /^(ip|gw)6?$/.test(key)));
}

export function cards({ values }: GuestConf): Part {
  const first = card("net0", values.get("net0") ?? "");
  if (first === undefined) throw new NotExpressible("net0 is no card that an entry can have");
  const { bridge, vlan, mac_address: mac, ...more } = first.entry;
  const others = [...values].flatMap(([key, text]) => {
    const found = /^net[1-9][0-9]?$/.test(key) ? card(key, text) : undefined;
    if (found?.entry.bridge === undefined) return [];
    const firewall = found.left.includes(`${key} firewall=1`);
    return [
      { key, ...found, left: found.left.filter((one) => !one.startsWith(`${key} firewall=`)), firewall },
    ];
  });
  return {
    entry: {
      network_bridge: bridge,
      ...defined({ vlan }),
      mac_address: mac,
      ...Object.fromEntries(Object.entries(more).map(([key, value]) => [`network_${key}`, value])),
      ...(others.length > 0 && {
        networks: others.map(({ key, entry, firewall }) => ({
          interface: key,
          ...entry,
          ...addresses(values.get(key.replace("net", "ipconfig"))),
          ...(firewall && { firewall }),
        })),
      }),
    },
    said: others.flatMap(({ key }) => [key, key.replace("net", "ipconfig")]),
    left: [first, ...others].flatMap(({ left }) => left),
  };
}

/** The settings of cloud-init but for the password, which is a secret. */
export function cloudInit({ values }: GuestConf): Part {
  const { ip, gw, ip6, gw6 } = addresses(values.get("ipconfig0"));
  const keys = decodeURIComponent(values.get("sshkeys") ?? "")
    .split("\n")
    .filter(Boolean);
  const found = defined({
    user: values.get("ciuser"),
    ip,
    gateway: gw,
    ip6,
    gateway6: gw6,
    ssh_keys: keys.length > 0 ? keys : undefined,
    dns_servers: values.get("nameserver")?.split(/[ ,;]+/),
    search_domain: values.get("searchdomain"),
  });
  return {
    entry: Object.keys(found).length > 0 ? { cloud_init: found } : {},
    said: ["ciuser", "ipconfig0", "sshkeys", "nameserver", "searchdomain"],
    left: [],
  };
}

/** Numbered keys from 0 on without a gap. */
function inARow(values: Pairs, name: string): string[] {
  const found: string[] = [];
  for (let value = values.get(`${name}0`); value !== undefined; value = values.get(`${name}${found.length}`))
    found.push(value);
  return found;
}

/** Firmware's disk, TPM, screen, serial ports, USB devices and CD. */
export function devices({ values }: GuestConf): Part {
  const [efi, tpm, vga] = ["efidisk0", "tpmstate0", "vga"].map((key) => {
    const text = values.get(key);
    return text === undefined ? undefined : parseList(text);
  });
  const serial = inARow(values, "serial");
  const usb = inARow(values, "usb").map(parseList);
  const isUsb = usb.every((one) => one.has("") || one.has("host"));
  const cd = parseList(values.get("ide3") ?? "").get("");
  const iso = /^[^:]+:iso\//.test(cd ?? "") ? cd : undefined;
  const vgaType = vga?.get("") ?? vga?.get("type");
  return {
    entry: defined({
      efi_disk: efi && {
        type: efi.get("efitype") ?? "2m",
        pre_enrolled_keys: efi.get("pre-enrolled-keys") === "1",
        storage_pool: storageOf(efi),
      },
      tpm: tpm && { version: tpm.get("version") ?? "v1.2", storage_pool: storageOf(tpm) },
      vga: vgaType && defined({ type: vgaType, memory_mb: number(vga?.get("memory")) }),
      serial: serial.length > 0 ? serial : undefined,
      usb:
        isUsb && usb.length > 0
          ? usb.map((one) => defined({ device: one.get("") ?? one.get("host"), usb3: flag(one.get("usb3")) }))
          : undefined,
      iso,
    }),
    said: [
      ...[
        "efidisk0",
        "tpmstate0",
        ...(vgaType === undefined ? [] : ["vga"]),
        ...(iso === undefined ? [] : ["ide3"]),
      ],
      ...serial.map((_, index) => `serial${index}`),
      ...(isUsb ? usb.map((_, index) => `usb${index}`) : []),
    ],
    left: vga ? leftOf("vga", vga, ["", "type", "memory"]) : [],
  };
}

const ofDisk = ["aio", "backup", "cache", "discard", "iothread", "size", "ssd", "file"];

/** Disks beside the one that it starts from, those of whole GB. */
export const dataDisks =
  (own: string) =>
  ({ values }: GuestConf): Part => {
    const found = [...values].flatMap(([key, text]) => {
      const pairs = parseList(text);
      const size = gigabytes(pairs.get("size"));
      if (key === own || !/^(scsi[1-9][0-9]?|virtio[0-9]+)$/.test(key) || size === undefined) return [];
      return [{ key, pairs, size }];
    });
    return {
      entry:
        found.length === 0
          ? {}
          : {
              disks: found.map(({ key, pairs, size }) => ({
                interface: key,
                size_gb: size,
                storage_pool: storageOf(pairs),
                ...defined({
                  aio: pairs.get("aio"),
                  backup: flag(pairs.get("backup")),
                  cache: pairs.get("cache"),
                  discard: pairs.has("discard") ? pairs.get("discard") === "on" : undefined,
                  iothread: flag(pairs.get("iothread")),
                  ssd: flag(pairs.get("ssd")),
                }),
              })),
            },
      said: found.map(({ key }) => key),
      left: found.flatMap(({ key, pairs }) => leftOf(key, pairs, ["", ...ofDisk])),
    };
  };
