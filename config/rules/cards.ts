/** Network cards of guests beside their first, and what only one of them can have. */
import type { Path, Report } from "../findings";
import { type Context, readable, type Rule } from "./context";
import { reportRepeats, type Use } from "./unique";

/** Cards of containers beside that of their network_config. */
export const cardsOf = (containers: Context["containers"]) =>
  containers.flatMap(({ id, entry }) =>
    readable(entry.networks).map(({ item: card, index }) => ({
      card,
      path: ["lxc_configs", id, "networks", index],
      user: `container ${id}`,
    })),
  );

/** Cards of machines beside their first. */
export const cardsOfMachines = (hypervisor: Context["hypervisor"]) =>
  readable(hypervisor?.vms).flatMap(({ item, index: vm }) =>
    readable(item.networks).map(({ item: card, index }) => ({
      card,
      path: ["vms", vm, "networks", index],
      user: `vms[${vm}]`,
    })),
  );

/** A gateway is used with an address that the file gives alone: DHCP and the router say theirs. */
export function checkNeeded(
  report: Report,
  path: Path,
  { ip, gw, ip6, gw6 }: { ip?: string; gw?: string; ip6?: string; gw6?: string },
): void {
  for (const [key, gateway, address, of] of [
    ["gw", gw, ip, "ip"],
    ["gw6", gw6, ip6, "ip6"],
  ] as const) {
    if (gateway === undefined || address?.includes("/")) continue;
    report.mistake(
      [...path, key],
      `needs an address in ${of}`,
      `give ${of} an address, or remove it`,
      gateway,
    );
  }
}

/** Interfaces in a container have names of their own, and each device comes once. */
export const parts: Rule = ({ containers, lxcReport: report }) => {
  for (const { id, entry } of containers) {
    const path = ["lxc_configs", id];
    const use = (key: string | undefined, place: Path, user: string): Use[] =>
      key === undefined ? [] : [{ key, value: key, path: [...path, ...place], report, user }];
    reportRepeats(
      [
        ...use(entry.network_config?.name, ["network_config", "name"], "network_config"),
        ...readable(entry.networks).flatMap(({ item, index }) =>
          use(item.name, ["networks", index, "name"], `networks[${index}]`),
        ),
      ],
      "the interface",
      "give each card an interface of its own",
    );
    reportRepeats(
      readable(entry.devices).flatMap(({ item, index }) =>
        use(item.path, ["devices", index, "path"], `devices[${index}]`),
      ),
      "the device",
      "name each device once",
    );
  }
};
