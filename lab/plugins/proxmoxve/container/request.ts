import type { Parameters } from "../api/client";
import type { WireMap } from "../../shared/wire";
import { bit, block, blocks, flag, joinProperties, number, text, texts } from "../values";

/** Most network interfaces a container has for the provider; an update deletes the unused ones by name. */
const maxNetworkInterfaces = 10;

/** Values of a block, or its own defaults. */
function blockOr(planned: WireMap, key: string, defaults: WireMap): WireMap {
  return block(planned, key) ?? defaults;
}

export function consoleParameters(planned: WireMap): Parameters {
  const console = blockOr(planned, "console", { enabled: true, type: "tty", ttyCount: 2 });
  return {
    console: bit(flag(console, "enabled")),
    cmode: text(console, "type"),
    tty: number(console, "ttyCount"),
  };
}

/** Without a limit there is none in the body; an update deletes it. */
export function cpuParameters(planned: WireMap): Parameters {
  const cpu = blockOr(planned, "cpu", { architecture: "amd64", cores: 1, limit: 0, units: 0 });
  const [limit, units] = [number(cpu, "limit"), number(cpu, "units")];
  return {
    arch: text(cpu, "architecture"),
    cores: number(cpu, "cores"),
    ...(limit > 0 ? { cpulimit: limit } : {}),
    ...(units > 0 ? { cpuunits: units } : {}),
  };
}

export function memoryParameters(planned: WireMap): Parameters {
  const memory = blockOr(planned, "memory", { dedicated: 512, swap: 0 });
  return { memory: number(memory, "dedicated"), swap: number(memory, "swap") };
}

/** @param withFalse Also send what is off: an update must, a creation must not. */
export function featuresParameter(planned: WireMap, withFalse: boolean): Parameters {
  const features = blockOr(planned, "features", {});
  const shown = (key: string): number | undefined => {
    const on = flag(features, key);
    return on || withFalse ? bit(on) : undefined;
  };
  const mounts = texts(features, "mounts");
  const line = joinProperties([
    ["fuse", shown("fuse")],
    ["keyctl", shown("keyctl")],
    ["mount", mounts.length > 0 ? mounts.join(";") : undefined],
    ["nesting", shown("nesting")],
    ["mknod", shown("mknod")],
  ]);
  return line === "" ? {} : { features: line };
}

/** The nameserver line of the dns block: its servers, else the deprecated one. */
export function dnsOf(planned: WireMap): { domain: string; server: string } {
  const dns = block(block(planned, "initialization") ?? {}, "dns") ?? {};
  const servers = texts(dns, "servers");
  return {
    domain: text(dns, "domain"),
    server: servers.length > 0 ? servers.join(" ") : text(dns, "server"),
  };
}

export interface NetworkOptions {
  /** Proxmox VE 9.1 and above know the flag. */
  hostManaged: boolean;
  /** A creation leaves `firewall=0` out, an update sends it. */
  firewallAlways: boolean;
}

export function networkParameters(planned: WireMap, options: NetworkOptions): Parameters {
  const addresses = blocks(block(planned, "initialization") ?? {}, "ipConfigs");
  return Object.fromEntries(
    blocks(planned, "networkInterfaces").map((network, index) => {
      const ipv4 = block(addresses[index] ?? {}, "ipv4") ?? {};
      const ipv6 = block(addresses[index] ?? {}, "ipv6") ?? {};
      const some = (value: string): string | undefined => (value === "" ? undefined : value);
      const rate = number(network, "rateLimit");
      const managed = flag(network, "hostManaged");
      const firewall = flag(network, "firewall");
      const line = joinProperties([
        ["bridge", some(text(network, "bridge"))],
        ["firewall", firewall || options.firewallAlways ? bit(firewall) : undefined],
        ["host-managed", options.hostManaged || managed ? bit(managed) : undefined],
        ["ip", some(text(ipv4, "address"))],
        ["gw", some(text(ipv4, "gateway"))],
        ["ip6", some(text(ipv6, "address"))],
        ["gw6", some(text(ipv6, "gateway"))],
        ["hwaddr", some(text(network, "macAddress"))],
        ["mtu", number(network, "mtu") || undefined],
        ["name", text(network, "name")],
        ["rate", rate === 0 ? undefined : rate.toFixed(2)],
        ["tag", number(network, "vlanId") || undefined],
      ]);
      return [`net${index}`, line];
    }),
  );
}

/** Names of interfaces an update deletes: the disabled ones and all it does not have. */
export function deletedNetworks(planned: WireMap): string[] {
  const networks = blocks(planned, "networkInterfaces");
  const disabled = networks.flatMap((network, index) => (flag(network, "enabled") ? [] : [`net${index}`]));
  const unused = Array.from(
    { length: Math.max(0, maxNetworkInterfaces - networks.length) },
    (_, index) => index,
  );
  return [...disabled, ...unused.map((index) => `net${networks.length + index}`)];
}

export function deviceParameters(planned: WireMap): Parameters {
  return Object.fromEntries(
    blocks(planned, "devicePassthroughs").map((device, index) => [
      `dev${index}`,
      joinProperties([
        ["deny-write", bit(flag(device, "denyWrite"))],
        ["path", text(device, "path")],
        ["uid", number(device, "uid")],
        ["gid", number(device, "gid")],
        ["mode", text(device, "mode") || undefined],
      ]),
    ]),
  );
}

export function mountParameters(planned: WireMap): Parameters {
  return Object.fromEntries(
    blocks(planned, "mountPoints").map((mount, index) => {
      const on = (key: string): number | undefined => (flag(mount, key) ? 1 : undefined);
      const options = texts(mount, "mountOptions");
      const size = text(mount, "size");
      const [storage = "", name = ""] = text(mount, "volume").split(":");
      const isNew = size !== "" && name === "";
      const line = joinProperties([
        ["acl", on("acl")],
        ["backup", on("backup")],
        ["size", size !== "" && !isNew ? size : undefined],
        ["mountoptions", options.length > 0 ? options.join(";") : undefined],
        ["mp", text(mount, "path")],
        ["quota", on("quota")],
        ["ro", on("readOnly")],
        ["replicate", flag(mount, "replicate") ? undefined : 0],
        ["shared", on("shared")],
        ["volume", isNew ? `${storage}:${Number.parseInt(size, 10)}` : text(mount, "volume")],
      ]);
      return [`mp${index}`, line];
    }),
  );
}

/** Negative numbers mean not set. */
export function startupParameter(planned: WireMap): Parameters {
  const startup = block(planned, "startup");
  if (!startup) return {};
  const set = (key: string): number | undefined => {
    const value = number(startup, key);
    return value >= 0 ? value : undefined;
  };
  return {
    startup: joinProperties([
      ["down", set("downDelay")],
      ["order", set("order")],
      ["up", set("upDelay")],
    ]),
  };
}

export function tagsOf(planned: WireMap): string {
  const tags = texts(planned, "tags").map((tag) => tag.trim());
  return tags
    .filter((tag) => tag !== "")
    .sort()
    .join(";");
}

/** A root disk of its own size or options; the default one is left to `storage`. */
function rootfsParameter(planned: WireMap): Parameters {
  const disk = blockOr(planned, "disk", { datastoreId: "local", size: 4 });
  const [storage, size, options] = [
    text(disk, "datastoreId"),
    number(disk, "size"),
    texts(disk, "mountOptions"),
  ];
  const flags = ["acl", "quota", "replicate"].filter((key) => flag(disk, key));
  const special =
    size !== 4 || blocks(planned, "mountPoints").length > 0 || options.length > 0 || flags.length > 0;
  if (storage === "" || !special) return {};
  return {
    rootfs: joinProperties([
      ["acl", flag(disk, "acl") ? 1 : undefined],
      ["mountoptions", options.length > 0 ? options.join(";") : undefined],
      ["quota", flag(disk, "quota") ? 1 : undefined],
      ["replicate", flag(disk, "replicate") ? 1 : undefined],
      ["volume", `${storage}:${size}`],
    ]),
  };
}

/** Body of the call that creates a container from a template. */
export function createParameters(planned: WireMap, vmid: number, hostManaged: boolean): Parameters {
  const initialization = block(planned, "initialization") ?? {};
  const account = block(initialization, "userAccount") ?? {};
  const system = block(planned, "operatingSystem");
  if (!system) throw new Error('"operating_system": required field is not set');
  const dns = dnsOf(planned);
  const optional = {
    description: text(planned, "description"),
    hookscript: text(planned, "hookScriptFileId"),
    searchdomain: dns.domain,
    nameserver: dns.server,
    hostname: text(initialization, "hostname"),
    entrypoint: text(initialization, "entrypoint"),
    "ssh-public-keys": texts(account, "keys").join("\n"),
    password: text(account, "password"),
    pool: text(planned, "poolId"),
    tags: tagsOf(planned),
    env: environmentOf(planned),
  };
  return {
    ...consoleParameters(planned),
    ...cpuParameters(planned),
    ...(number(block(planned, "cpu") ?? {}, "limit") > 0 ? {} : { cpulimit: 0 }),
    storage: text(blockOr(planned, "disk", { datastoreId: "local" }), "datastoreId"),
    ...memoryParameters(planned),
    ...deviceParameters(planned),
    ...featuresParameter(planned, false),
    ...mountParameters(planned),
    ...networkParameters(planned, { hostManaged, firewallAlways: false }),
    ostemplate: text(system, "templateFileId"),
    ostype: text(system, "type"),
    protection: bit(flag(planned, "protection")),
    ...rootfsParameter(planned),
    start: bit(flag(planned, "started")),
    onboot: bit(flag(planned, "startOnBoot")),
    ...startupParameter(planned),
    template: bit(flag(planned, "template")),
    unprivileged: bit(flag(planned, "unprivileged")),
    vmid,
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== "")),
  };
}

/** Variables as one line, separated by NUL as the API wants them. */
export function environmentOf(planned: WireMap): string {
  const variables = block(planned, "environmentVariables") ?? {};
  return Object.keys(variables)
    .sort()
    .map((key) => `${key}=${text(variables, key)}`)
    .join("\0");
}
