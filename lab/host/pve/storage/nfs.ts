/** Storages of type nfs: no server answers in the lab, unless an export of the host itself does. */
import { PveError } from "../errors";
import { readHost } from "../paths";
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

function isExported(host: Host, path: string): boolean {
  return (readHost(host, "/var/lib/nfs/etab") ?? "").split("\n").some((line) => line.split(/\s/)[0] === path);
}

function online(host: Host, storage: Storage): boolean {
  const { server = "", export: path = "" } = storage.values;
  return ownAddresses(host).includes(server) && isExported(host, path);
}

export const nfs: Plugin = {
  ...dir,
  defaultContent: ["images"],
  fixed: ["path", "server", "export"],
  required: ["server", "export"],
  options: [...dir.options.filter((option) => option !== "is_mountpoint" && option !== "shared"), "options"],
  activate(host, storage) {
    if (!online(host, storage)) throw new PveError(`storage '${storage.id}' is not online`);
    dir.activate(host, storage);
  },
};
