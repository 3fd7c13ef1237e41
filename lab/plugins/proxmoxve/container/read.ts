import type { Wire, WireMap } from "../../shared/wire";
import { block, blocks, gigabytes, numbered, parseProperties, text, toFlag, toNumber } from "../values";
import type { ContainerApi, ContainerConfig } from "./api";

/**
 * The state of a container as it is on the node. What the node does not tell (account, template file,
 * timeouts, clone source) is taken from `current`, the state so far.
 */
export async function readContainer(container: ContainerApi, current: WireMap): Promise<WireMap> {
  const config = await container.config();
  const { status } = await container.status();
  const networks = networkInterfaces(config);
  const running = status === "running";
  const wait = block(current, "waitForIp") ?? {};
  const addresses =
    running && networks.length > 0
      ? await container.interfaces({ ipv4: wait["ipv4"] === true, ipv6: wait["ipv6"] === true })
      : [];
  const first = (type: string): WireMap =>
    Object.fromEntries(
      addresses
        .filter((entry) => entry.name !== "lo")
        .flatMap((entry) => {
          const address = entry["ip-addresses"]?.find((candidate) => candidate["ip-address-type"] === type);
          return address ? [[entry.name, address["ip-address"]]] : [];
        }),
    );
  const system = block(current, "operatingSystem");
  return {
    ...current,
    console: {
      enabled: toFlag(config["console"]) ?? true,
      ttyCount: toNumber(config["tty"]) ?? 2,
      type: string(config, "cmode", "tty"),
    },
    cpu: {
      architecture: string(config, "arch", "amd64"),
      cores: toNumber(config["cores"]) ?? 1,
      limit: toNumber(config["cpulimit"]) ?? 0,
      units: toNumber(config["cpuunits"]) ?? 0,
    },
    description: string(config, "description"),
    devicePassthroughs: numbered(config, "dev").map(([, line]) => devicePassthrough(line)),
    disk: disk(config),
    environmentVariables: environment(config),
    features: features(config),
    hookScriptFileId: string(config, "hookscript"),
    idmaps: idmaps(config),
    initialization: initialization(config, current),
    ipv4: first("inet"),
    ipv6: first("inet6"),
    memory: { dedicated: toNumber(config["memory"]) ?? 0, swap: toNumber(config["swap"]) ?? 0 },
    mountPoints: numbered(config, "mp").map(([, line]) => mountPoint(line)),
    networkInterfaces: networks,
    nodeName: container.node,
    operatingSystem: {
      templateFileId: system ? text(system, "templateFileId") : "",
      type: string(config, "ostype"),
    },
    poolId: current["poolId"] ?? null,
    protection: toFlag(config["protection"]) ?? false,
    startOnBoot: toFlag(config["onboot"]) ?? false,
    started: running,
    startup: startup(config),
    tags: string(config, "tags")
      .split(";")
      .map((tag) => tag.trim())
      .filter((tag) => tag !== "")
      .sort(),
    template: toFlag(config["template"]) ?? false,
    unprivileged: toFlag(config["unprivileged"]) ?? false,
    vmId: container.vmid,
  };
}

function string(config: ContainerConfig, key: string, otherwise = ""): string {
  const value = config[key];
  return typeof value === "string" || typeof value === "number" ? String(value) : otherwise;
}

function disk(config: ContainerConfig): Wire {
  const parsed = parseProperties(string(config, "rootfs"), "volume");
  const volume = parsed["volume"] ?? "";
  return {
    acl: toFlag(parsed["acl"]) ?? false,
    datastoreId: volume === "" ? "local" : (volume.split(":")[0] ?? ""),
    mountOptions: (parsed["mountoptions"] ?? "").split(";").filter((option) => option !== ""),
    pathInDatastore: volume,
    quota: toFlag(parsed["quota"]) ?? false,
    replicate: toFlag(parsed["replicate"]) ?? false,
    size: volume === "" ? 4 : gigabytes(parsed["size"] ?? "0"),
  };
}

function features(config: ContainerConfig): Wire {
  const parsed = parseProperties(string(config, "features"), "");
  const on = (key: string): boolean => toFlag(parsed[key]) ?? false;
  return {
    fuse: on("fuse"),
    keyctl: on("keyctl"),
    mknod: on("mknod"),
    mounts: (parsed["mount"] ?? "").split(";").filter((type) => type !== ""),
    nesting: on("nesting"),
  };
}

function devicePassthrough(line: string): Wire {
  const parsed = parseProperties(line, "path");
  return {
    denyWrite: toFlag(parsed["deny-write"]) ?? false,
    gid: toNumber(parsed["gid"]) ?? 0,
    mode: parsed["mode"] ?? "0660",
    path: parsed["path"] ?? "",
    uid: toNumber(parsed["uid"]) ?? 0,
  };
}

function mountPoint(line: string): Wire {
  const parsed = parseProperties(line, "volume");
  const on = (key: string): boolean => toFlag(parsed[key]) ?? false;
  const volume = parsed["volume"] ?? "";
  return {
    acl: on("acl"),
    backup: on("backup"),
    mountOptions: (parsed["mountoptions"] ?? "").split(";").filter((option) => option !== ""),
    path: parsed["mp"] ?? "",
    pathInDatastore: volume,
    quota: on("quota"),
    readOnly: on("ro"),
    replicate: toFlag(parsed["replicate"]) ?? true,
    shared: on("shared"),
    size: parsed["size"] ?? "",
    volume,
  };
}

/** Raw lines come as pairs; those of the id map are `u 0 100000 65536`. */
function idmaps(config: ContainerConfig): Wire[] {
  const lines = Array.isArray(config["lxc"]) ? (config["lxc"] as [string, string][]) : [];
  return lines
    .filter(([key]) => key === "lxc.idmap")
    .map(([, value]) => {
      const [type, containerId, hostId, size] = value.trim().split(/\s+/);
      return {
        containerId: Number(containerId),
        hostId: Number(hostId),
        size: Number(size),
        type: type === "g" ? "gid" : "uid",
      };
    });
}

function networkInterfaces(config: ContainerConfig): WireMap[] {
  return numbered(config, "net").map(([, line]) => {
    const parsed = parseProperties(line, "name");
    return {
      bridge: parsed["bridge"] ?? "",
      enabled: true,
      firewall: toFlag(parsed["firewall"]) ?? false,
      hostManaged: toFlag(parsed["host-managed"]) ?? false,
      macAddress: parsed["hwaddr"] ?? "",
      mtu: toNumber(parsed["mtu"]) ?? 0,
      name: parsed["name"] ?? "",
      rateLimit: toNumber(parsed["rate"]) ?? 0,
      vlanId: toNumber(parsed["tag"]) ?? 0,
    };
  });
}

function initialization(config: ContainerConfig, current: WireMap): Wire {
  const before = block(current, "initialization") ?? {};
  const [domain, nameserver] = [config["searchdomain"], string(config, "nameserver")];
  const server = text(block(before, "dns") ?? {}, "server");
  const byServers = server === "" && nameserver !== "";
  const dns =
    domain === undefined && config["nameserver"] === undefined
      ? null
      : {
          domain: string(config, "searchdomain"),
          server: byServers ? "" : nameserver,
          servers: byServers ? nameserver.split(" ") : [],
        };
  const addresses = numbered(config, "net").flatMap(([, line]) => {
    const parsed = parseProperties(line, "name");
    const family = (address: string, gateway: string): Wire =>
      parsed[address] === undefined && parsed[gateway] === undefined
        ? null
        : { address: parsed[address] ?? "", gateway: parsed[gateway] ?? "" };
    const [ipv4, ipv6] = [family("ip", "gw"), family("ip6", "gw6")];
    return ipv4 === null && ipv6 === null ? [] : [{ ipv4, ipv6 }];
  });
  return {
    dns,
    entrypoint: string(config, "entrypoint"),
    hostname: string(config, "hostname"),
    ipConfigs: addresses,
    userAccount: before["userAccount"] ?? null,
  };
}

function startup(config: ContainerConfig): Wire {
  if (typeof config["startup"] !== "string" && typeof config["startup"] !== "number") return null;
  const parsed = parseProperties(string(config, "startup"), "order");
  return {
    downDelay: toNumber(parsed["down"]) ?? -1,
    order: toNumber(parsed["order"]) ?? -1,
    upDelay: toNumber(parsed["up"]) ?? -1,
  };
}

function environment(config: ContainerConfig): WireMap {
  const pairs = string(config, "env")
    .split("\0")
    .filter((pair) => pair.includes("="));
  return Object.fromEntries(
    pairs.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]),
  );
}

/** Blocks of a clone that its inputs do not name are not its provider's: they stay as they were. */
export function withoutUnowned(state: WireMap, planned: WireMap): WireMap {
  if (block(planned, "clone") === undefined) return state;
  const done = { ...state };
  for (const key of [
    "console",
    "cpu",
    "disk",
    "memory",
    "features",
    "initialization",
    "operatingSystem",
    "startup",
  ])
    if (block(planned, key) === undefined) done[key] = null;
  for (const key of ["devicePassthroughs", "mountPoints", "networkInterfaces"])
    if (blocks(planned, key).length === 0) done[key] = [];
  return done;
}
