import type { GuestConfig } from "../api/guest";
import type { Wire, WireMap } from "../../shared/wire";
import { block, blocks, numbered, parseProperties, text, toFlag, toNumber } from "../values";

export function line(config: GuestConfig, key: string, otherwise = ""): string {
  const value = config[key];
  return typeof value === "string" || typeof value === "number" ? String(value) : otherwise;
}

function parsed(config: GuestConfig, key: string, defaultKey: string): Record<string, string> | undefined {
  return config[key] === undefined ? undefined : parseProperties(line(config, key), defaultKey);
}

/** Numbered lines in the order of their numbers, by their whole name. */
function named(config: GuestConfig, prefix: string, defaultKey: string): [string, Record<string, string>][] {
  return numbered(config, prefix).map(([key, value]) => [key, parseProperties(value, defaultKey)]);
}

/** Devices beside disks and networks, as the provider shows them. */
export function readDevices(config: GuestConfig, current: WireMap): WireMap {
  return {
    amdSev: amdSev(config, current),
    audioDevice: audio(config),
    hostpcis: named(config, "hostpci", "host").map(([device, pci]) => ({
      device,
      id: pci["host"] ?? "",
      mapping: pci["mapping"] ?? "",
      mdev: pci["mdev"] ?? "",
      pcie: pci["pcie"] === "1",
      romFile: pci["romfile"] ?? "",
      rombar: toFlag(pci["rombar"]) ?? true,
      xvga: pci["x-vga"] === "1",
    })),
    numas: numas(config, current),
    rngs: rng(config, current),
    serialDevices: serials(config),
    smbios: smbios(config, current),
    tpmState: tpm(config, current),
    usbs: named(config, "usb", "host").map(([, usb]) => ({
      host: usb["host"] ?? "",
      mapping: usb["mapping"] ?? "",
      usb3: usb["usb3"] === "1",
    })),
    vga: vga(config, current),
    virtiofs: named(config, "virtiofs", "dirid").map(([, share]) => ({
      cache: share["cache"] ?? "auto",
      directIo: share["direct-io"] === "1",
      exposeAcl: share["expose-acl"] === "1",
      exposeXattr: toFlag(share["expose-xattr"]) ?? share["expose-acl"] === "1",
      mapping: share["dirid"] ?? "",
    })),
    watchdog: watchdog(config, current),
  };
}

function amdSev(config: GuestConfig, current: WireMap): Wire {
  const sev = parsed(config, "amd-sev", "type");
  if (!sev) return null;
  const shown = {
    allowSmt: sev["allow-smt"] === "1",
    kernelHashes: sev["kernel-hashes"] === "1",
    noDebug: sev["no-debug"] === "1",
    noKeySharing: sev["no-key-sharing"] === "1",
    type: sev["type"] ?? "",
  };
  const { allowSmt, type, ...others } = shown;
  const isDefault = allowSmt && type === "std" && !Object.values(others).includes(true);
  return isDefault && block(current, "amdSev") === undefined ? null : shown;
}

function audio(config: GuestConfig): Wire {
  const device = parsed(config, "audio0", "device");
  return device ? { device: device["device"] ?? "", driver: device["driver"] ?? "", enabled: true } : null;
}

function numas(config: GuestConfig, current: WireMap): Wire {
  const found = named(config, "numa", "cpus").flatMap(([device, numa]): WireMap[] =>
    numa["cpus"] === undefined || numa["hostnodes"] === undefined
      ? []
      : [
          {
            cpus: numa["cpus"],
            device,
            hostnodes: numa["hostnodes"],
            memory: toNumber(numa["memory"]) ?? 0,
            policy: numa["policy"] ?? "",
          },
        ],
  );
  const order = blocks(current, "numas").map((numa) => text(numa, "device"));
  return order.length === 0
    ? found
    : order.flatMap((device) => found.filter((numa) => numa["device"] === device));
}

function rng(config: GuestConfig, current: WireMap): Wire {
  const device = parsed(config, "rng0", "source");
  if (!device) return current["rngs"] ?? [];
  return [
    {
      maxBytes: toNumber(device["max_bytes"]) ?? 0,
      period: toNumber(device["period"]) ?? 0,
      source: device["source"] ?? "",
    },
  ];
}

/** Up to the last of the four; those between that are missing are empty. */
function serials(config: GuestConfig): Wire {
  const devices = [0, 1, 2, 3].map((index) => config[`serial${index}`]);
  const count = Math.max(...devices.map((device, index) => (device === undefined ? 0 : index + 1)));
  return devices.slice(0, count).map((device) => ({ device: typeof device === "string" ? device : "" }));
}

/** A bare identifier, which the node gives to every machine, is not shown unless the plan has a block. */
function smbios(config: GuestConfig, current: WireMap): Wire {
  const found = parsed(config, "smbios1", "uuid");
  if (!found) return null;
  const decoded = (key: string): string => Buffer.from(found[key] ?? "", "base64").toString();
  const shown = {
    family: decoded("family"),
    manufacturer: decoded("manufacturer"),
    product: decoded("product"),
    serial: decoded("serial"),
    sku: decoded("sku"),
    version: decoded("version"),
  };
  const isSet = block(current, "smbios") !== undefined || Object.values(shown).some((value) => value !== "");
  return isSet ? { ...shown, uuid: found["uuid"] ?? "" } : null;
}

function tpm(config: GuestConfig, current: WireMap): Wire {
  const state = parsed(config, "tpmstate0", "file");
  if (!state) return current["tpmState"] ?? null;
  const shown = {
    datastoreId: (state["file"] ?? "").split(":")[0] ?? "",
    version: state["version"] || "v2.0",
  };
  const isDefault = shown.datastoreId === "local-lvm" && shown.version === "v2.0";
  return isDefault && block(current, "tpmState") === undefined ? null : shown;
}

function vga(config: GuestConfig, current: WireMap): Wire {
  const device = parsed(config, "vga", "type") ?? { type: "std" };
  const shown = {
    clipboard: device["clipboard"] ?? "",
    memory: toNumber(device["memory"]) ?? 16,
    type: device["type"] ?? "",
  };
  const isDefault = shown.clipboard === "" && shown.memory === 16 && shown.type === "std";
  return isDefault && block(current, "vga") === undefined ? null : shown;
}

function watchdog(config: GuestConfig, current: WireMap): Wire {
  const device = parsed(config, "watchdog", "model");
  const before = block(current, "watchdog");
  if (device)
    return { action: device["action"] ?? "none", enabled: true, model: device["model"] ?? "i6300esb" };
  if (!before) return null;
  return before["enabled"] === true || block(current, "clone")
    ? { action: "none", enabled: false, model: "i6300esb" }
    : before;
}
