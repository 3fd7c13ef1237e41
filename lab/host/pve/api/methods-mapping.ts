/** /cluster/mapping/pci and the devices of the node: resource mappings of PCI devices. */
import type { Context, Method } from "../context";
import { ParameterError, PveError } from "../errors";
import { boolean, integer, string, type Parameters, type Values } from "../schema/types";
import {
  parseMap,
  pciDevices,
  pciMappings,
  printMap,
  writePciMappings,
  type PciMapping,
} from "../vm/mapping";
import type { Host } from "../../types";
import { node } from "./methods-lxc";
import { wordsOf } from "./methods-agent";

const O = { optional: true } as const;
const PATH = "/cluster/mapping/pci";
const id = string({ format: "pve-configid" });
const settings: Parameters = {
  description: string({ ...O, maxLength: 4096 }),
  mdev: boolean(O),
  "live-migration-capable": boolean(O),
};

/** What a device of a mapping must say (PVE::Mapping::PCI). */
const KEYS = ["node", "path", "id", "iommugroup", "subsystem-id", "description"];

function readMaps(values: Values): Record<string, string>[] {
  return wordsOf(values["map"]).map((text) => {
    const map = parseMap(text);
    for (const key of Object.keys(map))
      if (!KEYS.includes(key))
        throw new ParameterError({
          map: `invalid format - format error\nmap.${key}: property is not defined in schema and the schema does not allow additional properties\n`,
        });
    for (const key of ["node", "path", "id"])
      if (map[key] === undefined)
        throw new ParameterError({
          map: `invalid format - format error\nmap.${key}: property is missing and it is not optional\n`,
        });
    return map;
  });
}

function find(host: Host, name: string): PciMapping {
  const found = pciMappings(host).find((one) => one.id === name);
  if (!found) throw new PveError(`mapping '${name}' not found`);
  return found;
}

const shown = ({ id: name, description, mdev, map }: PciMapping): Record<string, unknown> => ({
  id: name,
  type: "pci",
  map: map.map(printMap),
  ...(description !== undefined && { description }),
  ...(mdev !== undefined && { mdev: Number(mdev) }),
});

/** What a node does not have of a mapping. */
function checks(host: Host, { map }: PciMapping): Record<string, string>[] {
  const own = map.filter((one) => one["node"] === host.node);
  if (own.length === 0) return [{ severity: "warning", message: `No mapping for node '${host.node}'` }];
  return own
    .filter(({ path }) => !pciDevices(host).some(({ pci }) => pci.startsWith(path ?? "none")))
    .map(({ path }) => ({
      severity: "error",
      message: `Invalid configuration: pci device '${path}' not found`,
    }));
}

function save(host: Host, values: Values, before: PciMapping | undefined): void {
  const description = values["description"] ?? before?.description;
  const mdev = values["mdev"] ?? before?.mdev;
  const changed: PciMapping = {
    id: String(values["id"]),
    map: values["map"] === undefined ? (before?.map ?? []) : readMaps(values),
    ...(description !== undefined && { description: String(description) }),
    ...(mdev !== undefined && { mdev: String(mdev) }),
  };
  for (const key of String(values["delete"] ?? "")
    .split(",")
    .filter(Boolean))
    if (key === "description" || key === "mdev") delete changed[key];
    else throw new ParameterError({ delete: `unknown option '${key}'` });
  writePciMappings(host, [...pciMappings(host).filter((one) => one.id !== changed.id), changed]);
}

const privilege =
  (...privileges: string[]): NonNullable<Method["permission"]> =>
  (check, values) =>
    check.require(values["id"] === undefined ? "/mapping/pci" : `/mapping/pci/${values["id"]}`, privileges);

export function mappingMethods(): Method[] {
  return [
    {
      method: "GET",
      path: PATH,
      parameters: { "check-node": { ...node, optional: true } },
      run: async ({ host }: Context, values) =>
        pciMappings(host).map((one) => ({
          ...shown(one),
          ...(values["check-node"] !== undefined && { checks: checks(host, one) }),
        })),
    },
    {
      method: "POST",
      path: PATH,
      parameters: { id, map: string({ list: true }), ...settings },
      permission: privilege("Mapping.Modify"),
      async run({ host }, values) {
        if (pciMappings(host).some((one) => one.id === values["id"]))
          throw new PveError(`create hardware mapping failed: pci ID '${values["id"]}' already defined`);
        save(host, values, undefined);
        return null;
      },
    },
    {
      method: "GET",
      path: `${PATH}/{id}`,
      parameters: { id },
      permission: privilege("Mapping.Use", "Mapping.Modify", "Mapping.Audit"),
      run: async ({ host }, values) => shown(find(host, String(values["id"]))),
    },
    {
      method: "PUT",
      path: `${PATH}/{id}`,
      parameters: {
        id,
        map: string({ ...O, list: true }),
        ...settings,
        delete: string(O),
        digest: string({ ...O, maxLength: 64 }),
      },
      permission: privilege("Mapping.Modify"),
      async run({ host }, values) {
        save(host, values, find(host, String(values["id"])));
        return null;
      },
    },
    {
      method: "DELETE",
      path: `${PATH}/{id}`,
      parameters: { id },
      permission: privilege("Mapping.Modify"),
      async run({ host }, values) {
        writePciMappings(
          host,
          pciMappings(host).filter((one) => one.id !== values["id"]),
        );
        return null;
      },
    },
    {
      method: "GET",
      path: "/nodes/{node}/hardware/pci",
      parameters: { node, "pci-class-blacklist": string(O), verbose: boolean(O), limit: integer(O) },
      permission: (check, values) => check.require(`/nodes/${values["node"]}`, ["Sys.Audit"]),
      run: async ({ host }) =>
        pciDevices(host).map(({ pci, id: numbers, class: kind, name, iommugroup }) => ({
          id: pci,
          class: kind,
          vendor: `0x${numbers.split(":")[0]}`,
          device: `0x${numbers.split(":")[1]}`,
          vendor_name: "NVIDIA Corporation",
          device_name: name,
          iommugroup,
        })),
    },
  ];
}
