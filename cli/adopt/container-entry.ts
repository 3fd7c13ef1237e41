/** The entry of a container that a node has. */
import type { Survey, SurveyedGuest } from "../survey";
import { gigabytes, parseList, type GuestConf } from "./conf";
import { boot, keysOf, leftOf, leftOver, needed, NotExpressible, tagsOf, wordsOf } from "./said";

type Json = Record<string, unknown>;

/** What of a configuration goes into the entry, which of its keys are said by that, and what of these is not. */
interface Said {
  entry: Json;
  keys: string[];
  left: string[];
}

/** The template that a container of this kind may have been made from: the node does not record which. */
function templateFor(ostype: string, { templates, storages }: Survey): { template: string; guess: string } {
  const found = templates
    .filter((volid) => volid.includes(`vztmpl/${ostype}-`))
    .sort()
    .at(-1);
  if (found !== undefined)
    return { template: found, guess: `which template it was made from (${found} is named)` };
  const storage = storages.find(({ content }) => content.includes("vztmpl"))?.id ?? "local";
  const template = `${storage}:vztmpl/${ostype}-unknown.tar.zst`;
  return {
    template,
    guess: `which template it was made from (${template}, which is not there, stands for it)`,
  };
}

const OPTIONS = {
  ...{ cpulimit: "number", cpuunits: "number", searchdomain: "text", timezone: "text" },
  ...{ tty: "number", cmode: "text", console: "flag" },
};

/** Options of pct.conf(5) that an entry has by the same names, tags and name servers. */
function options({ values }: GuestConf): Said {
  const { tags, others } = tagsOf(values);
  const servers = wordsOf(values, "nameserver");
  return {
    entry: {
      ...(tags.length > 0 && { tags }),
      ...keysOf(values, OPTIONS),
      ...(servers.length > 0 && { nameserver: servers }),
    },
    keys: ["tags", "nameserver", ...Object.keys(OPTIONS)],
    left: others,
  };
}

const DISK = { acl: "flag", quota: "flag", replicate: "flag" };

/** Options of a mount, the root disk's or a volume's. */
function mountOptions(list: ReadonlyMap<string, string>): Json {
  const mounted = list.get("mountoptions")?.split(";").filter(Boolean);
  return { ...keysOf(list, DISK), ...(mounted && { mountoptions: mounted }) };
}

const mountKeys = [...Object.keys(DISK), "mountoptions", "size", "", "volume"];

const volumeOf = (list: ReadonlyMap<string, string>) => list.get("") ?? list.get("volume") ?? "";

/** Volumes of its own, by the names of their mounts; folders of the host are no part of an entry. */
function volumes({ values }: GuestConf): Said {
  const said: Said = { entry: {}, keys: [], left: [] };
  const found: Json[] = [];
  for (const [key, value] of values) {
    const list = parseList(value);
    const [storage = "", volume] = volumeOf(list).split(":");
    const size = gigabytes(list.get("size"));
    if (!/^mp[0-9]+$/.test(key) || volume === undefined || size === undefined) continue;
    found.push({
      ...{ name: key, pool: storage, size_gb: size, mount_point: list.get("mp") },
      ...(list.get("ro") === "1" && { read_only: true }),
      ...keysOf(list, { backup: "flag" }),
      ...mountOptions(list),
    });
    said.keys.push(key);
    said.left.push(...leftOf(key, list, [...mountKeys, "mp", "ro", "backup"]));
  }
  return found.length > 0 ? { ...said, entry: { volumes: found } } : said;
}

const CARD = {
  ...{ name: "text", bridge: "text", ip: "text", gw: "text", ip6: "text", gw6: "text" },
  ...{ tag: "vlan:number", mtu: "number", rate: "number" },
};

const cardKeys = [...Object.keys(CARD), "hwaddr", "type"];

/** Its network cards: net0, and the others. */
function cards(conf: GuestConf): Said {
  const first = parseList(needed(conf, "net0"));
  const others = [...conf.values]
    .filter(([key]) => /^net[1-9][0-9]*$/.test(key))
    .map(([key, value]) => ({ key, list: parseList(value) }));
  const mac = (list: ReadonlyMap<string, string>) => keysOf(list, { hwaddr: "mac_address:text" });
  return {
    entry: {
      network_config: { ...keysOf(first, CARD), ...(!first.has("ip") && { ip: "manual" }) },
      ...mac(first),
      ...(others.length > 0 && {
        networks: others.map(({ list }) => ({
          ...keysOf(list, CARD),
          ...mac(list),
          ...keysOf(list, { firewall: "flag" }),
        })),
      }),
    },
    keys: ["net0", ...others.map(({ key }) => key)],
    left: [
      ...(first.has("ip") ? [] : ["net0 without ip (manual is named)"]),
      ...leftOf("net0", first, cardKeys),
      ...others.flatMap(({ key, list }) => leftOf(key, list, [...cardKeys, "firewall"])),
    ],
  };
}

/** Devices of the host by their paths; those of NVIDIA go by gpu_assignment. */
function devices({ values }: GuestConf): Said {
  const found = [...values]
    .map(([key, value]) => ({ key, list: parseList(value) }))
    .map(({ key, list }) => ({ key, list, path: list.get("") ?? list.get("path") ?? "" }))
    .filter(({ key, path }) => /^dev[0-9]+$/.test(key) && !path.startsWith("/dev/nvidia"));
  const keys = { mode: "text", uid: "number", gid: "number", "deny-write": "deny_write:flag" };
  return {
    entry:
      found.length > 0 ? { devices: found.map(({ list, path }) => ({ path, ...keysOf(list, keys) })) } : {},
    keys: found.map(({ key }) => key),
    left: found.flatMap(({ key, list }) => leftOf(key, list, [...Object.keys(keys), "", "path"])),
  };
}

/** @throws NotExpressible for one that no entry can describe */
export function containerEntry(
  { running, pool }: SurveyedGuest,
  conf: GuestConf,
  survey: Survey,
): { entry: Json; left: string[] } {
  if (conf.values.get("template") === "1") throw new NotExpressible("it is a template");
  const root = parseList(needed(conf, "rootfs"));
  const size = gigabytes(root.get("size"));
  if (size === undefined)
    throw new NotExpressible(`its root disk has ${root.get("size") ?? "no size"}, not whole GB`);
  const { template, guess } = templateFor(conf.values.get("ostype") ?? "unmanaged", survey);
  const features = conf.values.get("features")?.split(",") ?? [];
  const { said, entry } = boot(conf);
  const parts = [options(conf), cards(conf), devices(conf), volumes(conf)];
  const rootOptions = mountOptions(root);
  const known = [
    "arch",
    "cores",
    "features",
    "hostname",
    "memory",
    "ostype",
    "rootfs",
    "swap",
    "unprivileged",
  ];
  return {
    entry: {
      name: needed(conf, "hostname"),
      ...(conf.description && { description: conf.description }),
      template,
      memory_mb: Number(needed(conf, "memory")),
      swap_mb: Number(conf.values.get("swap") ?? "512"),
      cores: Number(needed(conf, "cores")),
      storage_pool: volumeOf(root).split(":")[0],
      storage_size_gb: size,
      ...(Object.keys(rootOptions).length > 0 && { rootfs: rootOptions }),
      ...(pool !== undefined && { pool }),
      ...parts.reduce<Json>((all, part) => ({ ...all, ...part.entry }), {}),
      unprivileged: conf.values.get("unprivileged") === "1",
      ...(running ? {} : { state: "stopped" }),
      ...entry,
      ...(conf.values.get("protection") === "1" && { protect: true }),
      ...(features.length > 0 && { pct_options: features }),
      ...(conf.raw.length > 0 && { lxc_options: conf.raw }),
    },
    left: [
      guess,
      ...leftOf("rootfs", root, mountKeys),
      ...parts.flatMap((part) => part.left),
      ...leftOver(conf, [...known, ...said, ...parts.flatMap((part) => part.keys), "protection"]),
    ],
  };
}
