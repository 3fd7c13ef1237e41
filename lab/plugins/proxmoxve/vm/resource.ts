import type { ApiClient } from "../api/client";
import { nextId, nodeOfGuest } from "../api/cluster";
import { diagnostic, httpErrorOf, step } from "../api/errors";
import { limitsOf } from "../api/tasks";
import { checkBridged } from "../bridge/check";
import { diffBridged } from "../bridge/diff";
import { keepNulls } from "../bridge/normalize";
import { describe, finished, isImport, keepIgnored, partly, readResult, splitId } from "../bridge/outcome";
import { keepSuppressed, planState, previewState } from "../bridge/plan";
import type { Context, Resource } from "../../shared/provider";
import { plainMap, unknown } from "../../shared/wire";
import type { WireMap } from "../../shared/wire";
import { block, blocks, flag, number, text } from "../values";
import { VmApi } from "./api";
import { Blocked, updateVm } from "./applyUpdate";
import { noFileId } from "./changeDisks";
import { adaptClone, cloneVm } from "./clone";
import { compareVms } from "./diff";
import { plannedDisks } from "./disks";
import { vmFields } from "./fields";
import { Power } from "./power";
import { importedState } from "./imported";
import { readVm } from "./read";
import { createParameters } from "./request";
import { withoutUnowned } from "./unowned";
import { changedIn } from "./update";

/** proxmoxve:index/vmLegacy:VmLegacy. */
export function vmResource(connect: () => ApiClient): Resource {
  const on = (node: string, vmid: number, seconds: number, context: Context): VmApi => {
    return new VmApi(connect(), node, vmid, limitsOf(context, seconds));
  };
  const warnings = (context: Context) => (message: string) => context.log("warning", message);

  /** The state after an operation; the machine may have been moved to another node. */
  const readBack = async (vm: VmApi, planned: WireMap, context: Context): Promise<WireMap> => {
    const node = await nodeOfGuest(vm.api, vm.vmid);
    if (node === undefined) throw new Error(`VM ${vm.vmid} is gone`);
    const at = node === vm.node ? vm : new VmApi(vm.api, node, vm.vmid, vm.limits);
    const found = withoutUnowned(await readVm(at, planned, warnings(context)), planned);
    return finished(vmFields, String(vm.vmid), keepNulls(vmFields, planned, found));
  };

  return {
    check: async ({ name, olds, news }) => checkBridged(name, vmFields, olds, news),
    diff: async (request) => diffBridged(vmFields, request, compareVms),

    async create({ inputs, preview, timeout }, context) {
      const planned = planState(vmFields, inputs, {});
      if (preview) return { id: "", state: { id: unknown, ...previewState(vmFields, inputs, planned) } };
      const clone = block(planned, "clone");
      const limit = timeout || number(planned, clone ? "timeoutClone" : "timeoutCreate");
      const vmid = number(planned, "vmId") || (await describe(() => nextId(connect())));
      const vm = on(text(planned, "nodeName"), vmid, limit, context);
      const { isRoot } = connect();
      if (blocks(planned, "disks").some((disk) => text(disk, "fileId") !== ""))
        await describe(() => Promise.reject(new Error(noFileId)));
      if (clone) await cloneVm(vm, planned);
      else {
        const body = await describe(async () => createParameters(planned, vmid, isRoot));
        await describe(() => vm.create(body), "VM create");
      }
      const id = String(vmid);
      try {
        if (clone) await adaptClone(vm, planned, isRoot);
        // On an id that was taken, these are the disks of the foreign machine.
        else
          for (const [at, line] of plannedDisks(planned))
            if (line["import-from"] !== undefined)
              await step("VM disk resize", vm.resizeDisk(at, Number(line["size"])));
        if (flag(planned, "template")) await step("VM convert to template", vm.convertToTemplate());
        else if (flag(planned, "started")) {
          const power = new Power(vm, planned, warnings(context));
          await power.ensureRunning();
          if (flag(planned, "reboot")) await power.restart();
        }
        return { id, state: await readBack(vm, planned, context) };
      } catch (error) {
        const done = { id, state: finished(vmFields, id, planned), inputs };
        throw partly("creating", context.urn, done, error);
      }
    },

    async read({ id, state, inputs }, context) {
      const importing = isImport(state);
      const { node, vmid } = splitId(id, text(state, "nodeName"));
      const current = importing ? importedState(node) : plainMap(state);
      let found: WireMap;
      try {
        const actual = await nodeOfGuest(connect(), Number(vmid));
        if (actual === undefined) return { id: "", state: {}, inputs: {} };
        found = await readVm(on(actual, Number(vmid), 1800, context), current, warnings(context));
      } catch (error) {
        if (httpErrorOf(error)?.isMissing) return { id: "", state: {}, inputs: {} };
        throw diagnostic(error);
      }
      const done = importing ? found : withoutUnowned(found, current);
      return readResult(vmFields, importing, vmid, done, inputs);
    },

    async update({ id, state, inputs, preview, timeout, ignoreChanges }, context) {
      const before = plainMap(state);
      const asked = keepIgnored(planState(vmFields, inputs, before), before, ignoreChanges);
      const planned = keepSuppressed(vmFields, asked, before);
      if (preview) return { state: { id, ...planned, ...unknownAddresses(before, planned) } };
      const limit = timeout || number(planned, "timeoutCreate");
      const vm = on(text(planned, "nodeName"), Number(id), limit, context);
      try {
        await updateVm(vm, planned, before, new Power(vm, planned, warnings(context)));
        return { state: await readBack(vm, planned, context) };
      } catch (error) {
        // What is refused before it is done leaves the state as it is on the node.
        const now = error instanceof Blocked ? await readBack(vm, planned, context) : undefined;
        const done = { id, state: now ?? finished(vmFields, id, planned), inputs };
        throw partly("updating", context.urn, done, error);
      }
    },

    async delete({ id, state, timeout }, context) {
      const before = plainMap(state);
      const limits = ["timeoutStopVm", "timeoutShutdownVm"].map((key) => number(before, key));
      const vm = on(text(before, "nodeName"), Number(id), timeout || Math.max(...limits) || 1800, context);
      await describe(async () => {
        if ((await vm.status()).status !== "stopped") {
          if (flag(before, "stopOnDestroy"))
            await step("VM stop", vm.within(number(before, "timeoutStopVm")).stop());
          else await new Power(vm, before, warnings(context)).ensureStopped();
        }
        const isDeleted = await step(
          "VM delete",
          vm.destroy({
            "destroy-unreferenced-disks": Number(flag(before, "deleteUnreferencedDisksOnDestroy")),
            purge: Number(flag(before, "purgeOnDestroy")),
          }),
        );
        if (!isDeleted) return;
        const still = await vm.status().then(
          () => true,
          () => false,
        );
        if (still) throw new Error(`failed to delete VM "${id}"`);
      });
    },
  };
}

/** Who its agent will name is not known before a machine starts or has other cards. */
function unknownAddresses(before: WireMap, planned: WireMap): WireMap {
  const changed = changedIn(compareVms(before, planned));
  if (!changed("started") && !changed("networkDevices")) return {};
  return { ipv4Addresses: unknown, ipv6Addresses: unknown, networkInterfaceNames: unknown };
}
