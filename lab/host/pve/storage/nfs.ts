/** Storages of type nfs: no server answers in the lab, unless an export of the host itself does. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { exported } from "../../machine/commands/sharing/exportfs";
import { inRoot } from "../../machine/confined";
import { inNetwork } from "../../machine/network/ipv4";
import { stateOf } from "../../machine/units/state";
import { PveError } from "../errors";
import { inHost } from "../paths";
import type { Host } from "../../types";
import { dir } from "./dir";
import type { Plugin, Storage } from "./plugin";

/** Addresses of the host itself, as its bridges have them. */
function ownAddresses(host: Host): string[] {
  return [
    "127.0.0.1",
    "localhost",
    host.node,
    ...host.machine.bridges.map((b) => b.address.split("/")[0] ?? ""),
  ];
}

/** What is exported of a path, when this host's own server is asked and runs. */
function clientsOf(host: Host, { server = "", export: path = "" }: Storage["values"]): string[] {
  const runs = stateOf(host, "nfs-server.service").active === "active";
  if (!runs || !ownAddresses(host).includes(server)) return [];
  return exported(host).flatMap((one) => (one.path === path ? [one.client] : []));
}

/** Whether one of the host's own addresses is among the clients. */
function admits(host: Host, client: string): boolean {
  if (client === "*" || client === "") return true;
  return ownAddresses(host).some((own) => own === client.split("/")[0] || inNetwork(own, client));
}

/** The export at the storage's place: bound there, as the mount would show it. */
function mount(host: Host, storage: Storage): void {
  const { server = "", export: path = "", path: place = "" } = storage.values;
  const target = inHost(host, place);
  const mounted = readFileSync("/proc/self/mountinfo", "utf8").includes(` ${target} `);
  if (mounted) return;
  mkdirSync(target, { recursive: true });
  if (!clientsOf(host, storage.values).some((client) => admits(host, client)))
    throw new PveError(`mount error: mount.nfs: access denied by server while mounting ${server}:${path}`);
  const { status, stderr } = spawnSync("mount", ["--bind", inRoot(host.root, path), target], {
    encoding: "utf8",
  });
  if (status !== 0) throw new PveError(`mount error: ${stderr.trim()}`);
}

export const nfs: Plugin = {
  ...dir,
  defaultContent: ["images"],
  fixed: ["path", "server", "export"],
  required: ["server", "export"],
  options: [...dir.options.filter((option) => option !== "is_mountpoint" && option !== "shared"), "options"],
  activate(host, storage) {
    if (clientsOf(host, storage.values).length === 0)
      throw new PveError(`storage '${storage.id}' is not online`);
    mount(host, storage);
    dir.activate(host, storage);
  },
};
