/** phoenix_vm_configs.json: `vms` and `vm_defaults` in a file of their own, beside the host's. */
import { basename } from "node:path";
import { remove, valueAt } from "../check";
import type { Path } from "../findings";
import type { Moves } from "../moves";
import { put, reportUnknown, same, type Source } from "./form";
import { isObject, type Json } from "../objects";
import { without } from "../without";
import { machineFile } from "./machine-path";

const key = ["core_paths", "vm_config_file"];

/** Takes the key out of the host's file; it is a path of the original's installation, of which only the name counts. */
export function takeMachineFile({ document, report }: Source): void {
  const named = valueAt(document, key);
  if (typeof named !== "string") return;
  if (machineFile(report.file, document) === undefined) {
    report.warning(
      key,
      `there is no file ${basename(named)} beside this one, so no machine of it is there`,
      "put it there, or remove the key",
      named,
    );
  }
  remove(document, key);
  if (Object.keys(valueAt(document, ["core_paths"]) as object).length === 0) remove(document, ["core_paths"]);
}

/** Puts what the machines' file has into the host's document: its machines behind those that are there. */
export function mergeMachines(host: Source, { document, report }: Source, moves: Moves): void {
  if (!isObject(host.document) || !isObject(document)) return;
  const { vms, vm_defaults: defaults, ...others } = document;
  reportUnknown(report, [], without(others, ["$schema", "description"]));
  const take = (target: Path, path: Path, value: unknown) => {
    moves.add({ file: host.report.file, path: target }, { file: report.file, path });
    put(host.document, target, value);
  };
  for (const [name, value] of isObject(defaults) ? Object.entries(defaults) : []) {
    const path = ["vm_defaults", name];
    const there = valueAt(host.document, path);
    if (there === undefined) take(path, path, value);
    else if (!same(there, value))
      report.mistake(path, "is another one in the host's file", "keep one of the two", value);
  }
  if (vms === undefined) return;
  if (typeof vms !== "object" || vms === null) {
    report.mistake(["vms"], "must be a list, or an object by VMID", "give the virtual machines", vms);
    return;
  }
  const before = valueAt(host.document, ["vms"]);
  if (before === undefined) put(host.document, ["vms"], []);
  const first = Array.isArray(before) ? before.length : 0;
  const byId = !Array.isArray(vms);
  for (const [index, [name, entry]] of Object.entries(vms as Json).entries()) {
    const vmid = /^[0-9]+$/.test(name) ? Number(name) : name;
    const value = byId && isObject(entry) ? { vmid, ...entry } : entry;
    take(["vms", first + index], ["vms", byId ? name : Number(name)], value);
  }
}
