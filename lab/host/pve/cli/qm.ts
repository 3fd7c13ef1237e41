/** `qm`: virtual machines from the node's command line; only what the lab keeps of them. */
import { encodeText } from "../config/guest-file";
import { vmid } from "../api/methods-lxc";
import { list, load, save } from "../guest/config";
import { effective } from "../guest/status";
import { PveError } from "../errors";
import { boolean } from "../schema/types";
import { refuseVm, vmStatus } from "../vm/vm";
import { fromMethod, type Subcommand, type Tree } from "./command";
import type { Find } from "./pct";

const MIB = 1024 ** 2;
const GUEST = "/nodes/{node}/qemu/{vmid}";

const refused = (what: string): Subcommand => ({
  parameters: { vmid },
  positions: ["vmid"],
  rest: "arguments",
  run: async ({ host }, values) => refuseVm(host, Number(values["vmid"]), what),
});

export function qm(find: Find): Tree {
  return {
    create: fromMethod(find("POST", "/nodes/{node}/qemu"), ["vmid"]),
    set: fromMethod(find("PUT", `${GUEST}/config`), ["vmid"]),
    destroy: fromMethod(find("DELETE", GUEST), ["vmid"]),
    config: {
      parameters: { vmid, current: boolean({ optional: true }) },
      positions: ["vmid"],
      async run({ host, print }, values) {
        const shown = effective(load(host, "qemu", Number(values["vmid"])), values["current"] === 1);
        for (const key of Object.keys(shown).sort()) {
          const value = shown[key] ?? "";
          print(`${key}: ${key === "description" ? encodeText(value.replace(/\n$/, "")) : value}`);
        }
      },
    },
    status: {
      parameters: { vmid },
      positions: ["vmid"],
      run: async ({ host, print }, values) =>
        print(`status: ${vmStatus(host, Number(values["vmid"])).status}`),
    },
    list: {
      parameters: {},
      positions: [],
      async run({ host, print }) {
        const all = list(host, "qemu").map((id) => vmStatus(host, id));
        if (all.length === 0) return;
        const row = (id: string, name: string, status: string, memory: string) =>
          print(`${id.padStart(10)} ${name.padEnd(20)} ${status.padEnd(10)} ${memory.padEnd(10)}`);
        row("VMID", "NAME", "STATUS", "MEM(MB)");
        for (const { vmid: id, name, status, maxmem } of all)
          row(String(id), name, status, String(maxmem / MIB));
      },
    },
    unlock: {
      parameters: { vmid },
      positions: ["vmid"],
      async run({ host }, values) {
        const config = load(host, "qemu", Number(values["vmid"]));
        if (config.values["lock"] === undefined)
          throw new PveError("no lock found trying to remove any lock");
        delete config.values["lock"];
        save(host, "qemu", Number(values["vmid"]), config);
      },
    },
    start: refused("the start"),
    stop: refused("the stop"),
    shutdown: refused("the shutdown"),
    reboot: refused("the reboot"),
    clone: refused("clones"),
    template: refused("templates"),
    snapshot: refused("snapshots"),
    resize: refused("the resizing"),
    importdisk: refused("the import of disks"),
    guest: refused("the guest agent"),
    agent: refused("the guest agent"),
  };
}
