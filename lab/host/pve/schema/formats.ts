/** Named formats of parameters: each throws the reason as PVE::JSONSchema words it. */
import { existsSync, readFileSync } from "node:fs";
import { isIPv4, isIPv6 } from "node:net";
import { parseCalendarEvent } from "./calendar";

type Check = (value: string, release: 8 | 9) => void;

function matches(pattern: RegExp, message: string | ((value: string) => string)): Check {
  return (value) => {
    if (!pattern.test(value)) throw new Error(typeof message === "string" ? message : message(value));
  };
}

const DNS_LABEL = "(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)";
const DNS_NAME = new RegExp(`^(?:${DNS_LABEL}\\.)*${DNS_LABEL}$`);

/** Content types that some storage takes; the source of `pvesm`'s check. */
export const CONTENT_TYPES = ["images", "rootdir", "vztmpl", "iso", "backup", "snippets", "none", "import"];

function cidr(value: string, address: (text: string) => boolean, bits: number): boolean {
  const [ip = "", length = "", more] = value.split("/");
  return more === undefined && address(ip) && /^\d+$/.test(length) && Number(length) <= bits;
}

function each(value: string, check: Check, release: 8 | 9): void {
  for (const item of value.split(/[,;\s]+/).filter(Boolean)) check(item, release);
}

let zones: Set<string> | undefined;

/** Those of zone.tab, which a Proxmox VE host has from tzdata (PVE::JSONSchema::pve_verify_timezone). */
function timeZones(): Set<string> {
  if (zones) return zones;
  const file = "/usr/share/zoneinfo/zone.tab";
  const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n") : [];
  const listed = lines.filter((line) => !line.startsWith("#")).flatMap((line) => line.split("\t")[2] ?? []);
  return (zones = new Set(listed.length > 0 ? listed : Intl.supportedValuesOf("timeZone")));
}

const storageId: Check = (value, release) => {
  if (release === 9 && value.length < 2)
    throw new Error(`storage ID '${value}' cannot be shorter than 2 characters`);
  if (!/^[a-z][a-z0-9\-_.]*[a-z0-9]$/i.test(value))
    throw new Error(`storage ID '${value}' contains illegal characters`);
};

const dnsName = matches(DNS_NAME, "value does not look like a valid DNS name");

const CPU_FLAGS =
  "aes, amd-no-ssb, amd-ssbd, hv-evmcs, hv-tlbflush, ibpb, md-clear, pcid, pdpe1gb, spec-ctrl, ssbd, virt-ssbd".split(
    ", ",
  );

/** PVE::QemuServer::CPUConfig::validate_vm_cpu_conf; release 9 has nested-virt too. */
const cpuFlags: Check = (value, release) => {
  const known = release === 9 ? ["nested-virt", ...CPU_FLAGS] : CPU_FLAGS;
  for (const flag of value.split(";"))
    if (!/^[+-]/.test(flag) || !known.includes(flag.slice(1)))
      throw new Error(`VM-specific CPU flags must be a subset of: ${known.join(", ")}`);
};

const CPU_TYPE =
  /^(custom-.+|host|max|(kvm|qemu)(32|64)|x86-64-v(2|2-AES|3|4)|486|athlon|phenom|core(2)?duo|pentium[23]?|Opteron_G[1-5]|Conroe|Penryn|Cooperlake(-v2)?|KnightsMill|(Nehalem|Westmere|(Sandy|Ivy)Bridge)(-IBRS)?|(Haswell|Broadwell)(-noTSX)?(-IBRS)?|(Skylake|Icelake|Cascadelake)-(Client|Server)(-noTSX)?(-IBRS)?(-v\d)?|(SapphireRapids|GraniteRapids|SierraForest|ClearwaterForest)(-v\d)?|EPYC(-IBPB|-Rome|-Milan|-Genoa|-Turin)?(-v\d)?)$/;

export const formats: Record<string, Check> = {
  "pve-cpu-type": matches(
    CPU_TYPE,
    (value) => `Built-in cputype '${value}' is not defined (missing 'custom-' prefix?)`,
  ),
  "pve-vm-cpu-flags": cpuFlags,
  "pve-vmid": matches(/^[1-9][0-9]{2,8}$/, "value does not look like a valid VM ID"),
  "pve-poolid": (value) => {
    if (value.split("/").length > 3)
      throw new Error(`pool name '${value}' nested too deeply (max levels = 3)`);
    if (!/^[A-Za-z0-9.\-_]+(?:\/[A-Za-z0-9.\-_]+){0,2}$/.test(value))
      throw new Error(`pool name '${value}' contains invalid characters`);
  },
  "pve-node": matches(
    /^[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?$/,
    "value does not look like a valid node name",
  ),
  "pve-node-list": (value, release) => {
    const node = matches(
      /^[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?$/,
      "value does not look like a valid node name",
    );
    each(value, node, release);
  },
  "dns-name": dnsName,
  "dns-name-list": (value, release) => each(value, dnsName, release),
  "pve-configid": matches(/^[a-z][a-z0-9_-]+$/i, (value) => `invalid configuration ID '${value}'`),
  "pve-configid-list": (value, release) =>
    each(
      value,
      matches(/^[a-z][a-z0-9_-]+$/i, (v) => `invalid configuration ID '${v}'`),
      release,
    ),
  "pve-vmid-list": (value, release) =>
    each(value, matches(/^[1-9][0-9]{2,8}$/, "value does not look like a valid VM ID"), release),
  "pve-calendar-event": (value) => {
    try {
      parseCalendarEvent(value);
    } catch (error) {
      throw new Error(`invalid calendar event '${value}' - ${(error as Error).message}`, { cause: error });
    }
  },
  "email-or-username-list": (value, release) =>
    each(
      value,
      matches(
        /^[a-z0-9_.+'/-]+(@[a-z0-9_.+-]+)?$/i,
        "value does not look like a valid email address or user name",
      ),
      release,
    ),
  "pve-storage-id": storageId,
  "pve-storage-path": matches(/^\//, "value does not look like a valid absolute path"),
  "pve-storage-server": (value) => {
    if (!isIPv4(value) && !isIPv6(value) && !DNS_NAME.test(value))
      throw new Error("value does not look like a valid server name or IP address");
  },
  "pve-storage-content-list": (value, release) =>
    each(
      value,
      (item) => {
        if (!CONTENT_TYPES.includes(item)) throw new Error(`invalid content type '${item}'`);
      },
      release,
    ),
  "pve-storage-options": matches(/^\S+$/, "value does not look like valid storage options"),
  "pve-volume-id": (value, release) => {
    const at = value.indexOf(":");
    if (at < 1 || at === value.length - 1) throw new Error(`unable to parse volume ID '${value}'`);
    storageId(value.slice(0, at), release);
  },
  "pve-tag-list": (value, release) =>
    each(value, matches(/^[a-z0-9_][a-z0-9_\-+.]*$/i, "invalid characters in tag"), release),
  "pve-startup-order": (value) => {
    for (const part of value.split(",")) {
      const match = /^(?:order=)?\d+$|^up=\d+$|^down=\d+$/.test(part);
      if (!match) throw new Error("unable to parse startup options");
    }
  },
  "pve-ct-timezone": (value) => {
    if (value !== "host" && value !== "UTC" && !timeZones().has(value))
      throw new Error(`invalid time zone '${value}'`);
  },
  "lxc-ip-with-ll-iface-list": (value) => {
    for (const item of value.split(/[,;\s]+/).filter(Boolean)) {
      const [address = ""] = item.split("%");
      if (!isIPv4(address) && !isIPv6(address))
        throw new Error("value does not look like a valid IP address");
    }
  },
  "pve-ipv4-config": (value) => {
    if (value !== "dhcp" && value !== "manual" && !cidr(value, isIPv4, 32))
      throw new Error("value does not look like a valid ipv4 network configuration");
  },
  "pve-ipv6-config": (value) => {
    if (!["auto", "dhcp", "manual"].includes(value) && !cidr(value, isIPv6, 128))
      throw new Error("value does not look like a valid ipv6 network configuration");
  },
  ipv4: (value) => {
    if (!isIPv4(value)) throw new Error("value does not look like a valid ipv4 address");
  },
  ipv6: (value) => {
    if (!isIPv6(value)) throw new Error("value does not look like a valid ipv6 address");
  },
  "mac-addr": matches(
    /^[a-f0-9][02468ace](?::[a-f0-9]{2}){5}$/i,
    "value does not look like a valid unicast MAC address",
  ),
  "pve-lxc-mp-string": (value) => {
    if (/(^|\/)\.\.?(\/|$)/.test(value)) throw new Error(`${value} contains illegal character sequences`);
  },
  "pve-lxc-dev-string": (value) => {
    if (!/^\/dev\/[^\s]+$/.test(value) || /(^|\/)\.\.?(\/|$)/.test(value))
      throw new Error(`${value} is not a valid device path`);
  },
  urlencoded: matches(/^[-%a-zA-Z0-9_.!~*'()]*$/, (value) => `invalid urlencoded string: ${value}`),
  "pve-userid": matches(
    /^[^\s:/]+@[A-Za-z][A-Za-z0-9.\-_]+$/,
    (value) => `value '${value}' does not look like a valid user name`,
  ),
  "pve-groupid": matches(
    /^[A-Za-z0-9.\-_]+$/,
    (value) => `group name '${value}' contains invalid characters`,
  ),
  "pve-roleid": matches(/^[A-Za-z0-9.\-_]+$/, (value) => `role name '${value}' contains invalid characters`),
  "email-opt": matches(/^$|^[^\s@]+@[^\s@]+$/, "value does not look like a valid email address"),
};
