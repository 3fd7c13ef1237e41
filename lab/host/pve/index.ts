/**
 * Proxmox VE on the lab's host: its commands and its HTTPS API over one state module. A command is a
 * name for a method of the API, as on a node.
 */
import type { Answer, Call, CommandTable, Host } from "../types";
import { methodsOf } from "./api/registry";
import type { Subcommand, Tree } from "./cli/command";
import { runTree } from "./cli/command";
import { pct, type Find } from "./cli/pct";
import { pveFirewall } from "./cli/pve-firewall";
import { pveam } from "./cli/pveam";
import { pveum } from "./cli/pveum";
import { pvesh } from "./cli/pvesh";
import { pvesm } from "./cli/pvesm";
import { qm } from "./cli/qm";
import { qmrestore, vzdump } from "./cli/vzdump";
import { containersOnBoot } from "./guest/power";
import { prepareNode } from "./node";
import { machinesOnBoot } from "./vm/power";
import { VERSIONS } from "./version";

/** A command whose subcommands are made over the methods of the node's release. */
function command(build: (find: Find) => Tree | Subcommand): {
  run: (host: Host, call: Call) => Promise<Answer>;
} {
  const trees = new Map<8 | 9, Tree | Subcommand>();
  return {
    async run(host, call) {
      await prepareNode(host);
      let tree = trees.get(host.release);
      if (!tree) trees.set(host.release, (tree = build(methodsOf(host.release).find)));
      return runTree(tree, host, call);
    },
  };
}

export const commands: CommandTable = {
  pct: command(pct),
  pvesm: command(pvesm),
  pveam: command(pveam),
  pveum: { ...command(pveum), stdin: true },
  qm: { ...command(qm), stdin: true },
  "pve-firewall": command(pveFirewall),
  vzdump: command(vzdump),
  qmrestore: command(qmrestore),
  pvesh: {
    async run(host, call) {
      await prepareNode(host);
      return pvesh(host, call);
    },
  },
  pveversion: {
    run: ({ release }) => ({
      code: 0,
      stdout: `pve-manager/${VERSIONS[release]}/lab (running kernel: 6.14.11-4-pve)\n`,
    }),
  },
};

export { followFirewall, letsIn } from "./firewall/daemon";
export { startApi, type Api } from "./api/server";
/** Starts what a booting node starts: containers and virtual machines, in one order. */
export async function startOnBoot(host: Host, warn: (message: string) => void): Promise<void> {
  const guests = [...containersOnBoot(host), ...machinesOnBoot(host)];
  for (const guest of guests.sort((a, b) => a.order - b.order || a.vmid - b.vmid)) {
    try {
      await guest.start(warn);
    } catch (error) {
      warn(`Starting ${guest.kind} ${guest.vmid} failed: ${(error as Error).message}`);
    }
  }
}
