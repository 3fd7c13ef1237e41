/** mount.nfs in a machine: an export of the node's own server, bound where the mount would show it. */
import { readFileSync } from "node:fs";
import { isIPv4 } from "node:net";
import { exported } from "../../../machine/commands/sharing/exportfs";
import { inRoot } from "../../../machine/confined";
import { sizeOf, toNumber } from "../../../machine/network/ipv4";
import { stateOf } from "../../../machine/units/state";
import { rootOf } from "../../guest/enter";
import { interfaces } from "../../guest/interfaces";
import { stateFolder } from "../../guest/limits";
import { running } from "../../guest/state";
import type { Answer, Command, Host } from "../../../types";

/** Whether an export's client stands for one of the machine's addresses; names are not looked up. */
function admits(client: string, addresses: string[]): boolean {
  if (client === "*" || client === "") return true;
  const [network = "", prefix = "32"] = client.split("/");
  if (!isIPv4(network)) return false;
  const size = isIPv4(prefix) ? 2 ** 32 - toNumber(prefix) : sizeOf(prefix);
  return addresses.some((own) => Math.floor(toNumber(own) / size) === Math.floor(toNumber(network) / size));
}

const failed = (message: string): Answer => ({ code: 32, stderr: `mount.nfs: ${message}\n` });

/** Source, folder, `-o options` and the flags that mount(8) passes on. */
function read(args: string[]): { spec: string; dir: string; options: string[] } | undefined {
  const places: string[] = [];
  const options: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const word = args[index] ?? "";
    if (word === "-o") options.push(...(args[++index] ?? "").split(","));
    else if (word === "-t") index++;
    else if (/^-[rwvnsf]+$/.test(word)) options.push(...(word.includes("r") ? ["ro"] : []));
    else places.push(word);
  }
  const [spec, dir] = places;
  return spec === undefined || dir === undefined ? undefined : { spec, dir, options };
}

const BIND = 'mkdir -p "$3" && mount -o "bind$1" "$2" "$3"';

export const mountNfs =
  (node: Host, vmid: number): Command =>
  async (_guest, { args }) => {
    const given = read(args);
    const [, server = "", path = ""] = /^([^:/]+):(\/.*)$/.exec(given?.spec ?? "") ?? [];
    if (given === undefined || server === "")
      return { code: 1, stderr: "mount.nfs: remote share not in 'host:dir' format\n" };
    const own = node.machine.bridges.map(({ address }) => address.split("/")[0]);
    if (!isIPv4(server) && server !== node.node)
      return failed(`Failed to resolve server ${server}: Name or service not known`);
    const addresses = (interfaces(node, vmid) ?? [])
      .filter(({ name }) => name !== "lo")
      .flatMap((one) => one["ip-addresses"].map((address) => address["ip-address"]));
    if (addresses.length === 0) return failed("Network is unreachable");
    if (server !== node.node && !own.includes(server)) return failed("Connection timed out");
    if (stateOf(node, "nfs-server.service").active !== "active")
      return failed(`Connection refused for ${server}:${path} on ${given.dir}`);
    const exports = exported(node).filter((one) => path === one.path || path.startsWith(`${one.path}/`));
    if (exports.length === 0)
      return failed(`mounting ${server}:${path} failed, reason given by server: No such file or directory`);
    const open = exports.find(({ client }) => admits(client, addresses));
    if (open === undefined) return failed(`access denied by server while mounting ${server}:${path}`);
    const state = running(node, vmid);
    if (state === undefined) return failed("Network is unreachable");
    const root = rootOf(node, state.pid);
    const table = readFileSync(`${root.slice(0, -"/root".length)}/mountinfo`, "utf8");
    // `mount -a` passes over what is mounted already, which it cannot tell of a folder that is bound.
    if (table.split("\n").some((line) => line.split(" ")[4] === given.dir)) return { code: 0 };
    const readOnly = given.options.includes("ro") || !open.options.rw;
    const done = await node.run([
      ...["nsenter", "--target", String(state.monitor), "--mount", "--"],
      ...["bash", "-c", BIND, "mount.nfs", readOnly ? ",ro" : ""],
      ...[inRoot(node.root, path), `${stateFolder(node, vmid)}/root${given.dir}`],
    ]);
    return done.code === 0 ? { code: 0 } : failed(done.stderr.trim());
  };
