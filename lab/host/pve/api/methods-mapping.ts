/** /cluster/mapping/pci and the devices of the node: resource mappings of PCI devices. */
import type { Context, Method } from "../context";
import { ParameterError, PveError } from "../errors";
import { boolean, integer, string, type Parameters, type Values } from "../schema/types";
import {
  assertValid,
  parseMap,
  pciMappings,
  printMap,
  writePciMappings,
  type PciMapping,
} from "../vm/mapping";
import type { Host } from "../../types";
import { pciFunctions } from "../../machine/pci/bus";
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
function checks(host: Host, { id, map, mdev }: PciMapping): Record<string, string>[] {
  const own = map.filter((one) => one["node"] === host.node);
  if (own.length === 0) return [{ severity: "warning", message: `No mapping for node '${host.node}'` }];
  return own.flatMap((one) => {
    try {
      assertValid(host, id, one, mdev);
      return [];
    } catch (error) {
      return [{ severity: "error", message: `Invalid configuration: ${(error as Error).message}` }];
    }
  });
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

/** Classes that are not listed: memory, bridges and processors, unless the call says otherwise. */
const blacklisted = (values: Values): string[] =>
  String(values["pci-class-blacklist"] ?? "05;06;0b")
    .split(/[;,\s]+/)
    .filter(Boolean);

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
      run: async ({ host }, values) =>
        pciFunctions(host)
          .filter((one) => !blacklisted(values).some((kind) => one.class.startsWith(`0x${kind}`)))
          .map((one) => ({
            ...{ id: one.pci, class: one.class, vendor: one.vendor, device: one.device },
            ...{ vendor_name: one.vendorName, device_name: one.name, iommugroup: one.group },
            ...(one.subsystem && {
              subsystem_vendor: one.subsystem.vendor,
              subsystem_device: one.subsystem.device,
            }),
          })),
    },
  ];
}
