import type { ApiClient } from "../api/client";
import { nextId, nodeOfGuest } from "../api/cluster";
import { diagnostic, httpErrorOf } from "../api/errors";
import { checkBridged } from "../bridge/check";
import { diffBridged } from "../bridge/diff";
import { keepNulls } from "../bridge/normalize";
import { describe, finished, isImport, keepIgnored, splitId } from "../bridge/outcome";
import { planState, previewState } from "../bridge/plan";
import { extractInputs, refreshInputs } from "../bridge/refresh";
import type { Context, Resource } from "../../shared/provider";
import { InitFailed } from "../../shared/provider";
import { plainMap, unknown } from "../../shared/wire";
import type { WireMap } from "../../shared/wire";
import { block, blocks, flag, number, text } from "../values";
import { VmApi } from "./api";
import { updateVm } from "./applyUpdate";
import { noFileId } from "./changeDisks";
import { cloneVm } from "./clone";
import { plannedDisks } from "./disks";
import { vmFields } from "./fields";
import { Power } from "./power";
import { readVm, withoutUnowned } from "./read";
import { createParameters } from "./request";

/** proxmoxve:index/vmLegacy:VmLegacy. */
export function vmResource(connect: () => ApiClient): Resource {
  const on = (node: string, vmid: number, seconds: number, context: Context): VmApi => {
    const limits = { signal: context.signal, deadline: Date.now() + seconds * 1000 };
    return new VmApi(connect(), node, vmid, limits);
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
    diff: async (request) => diffBridged(vmFields, request),

    async create({ inputs, preview, timeout }, context) {
      const planned = planState(vmFields, inputs, {});
      if (preview) return { id: "", state: { id: unknown, ...previewState(vmFields, inputs, planned) } };
      const clone = block(planned, "clone");
      const limit = timeout || number(planned, clone ? "timeoutClone" : "timeoutCreate");
      const vmid = number(planned, "vmId") || (await describe(() => nextId(connect())));
      const vm = on(text(planned, "nodeName"), vmid, limit, context);
      const { isRoot } = connect();
      await describe(
        async () => {
          if (blocks(planned, "disks").some((disk) => text(disk, "fileId") !== "")) throw new Error(noFileId);
          if (clone) await cloneVm(vm, planned, isRoot);
          else await vm.create(createParameters(planned, vmid, isRoot));
        },
        clone ? "VM clone" : "VM create",
      );
      const id = String(vmid);
      try {
        // On an id that was taken, these are the disks of the foreign machine.
        if (!clone)
          for (const [at, line] of plannedDisks(planned))
            if (line["import-from"] !== undefined) await vm.resizeDisk(at, Number(line["size"]));
        if (flag(planned, "template")) await vm.convertToTemplate();
        else if (flag(planned, "started")) {
          const power = new Power(vm, planned, warnings(context));
          await power.ensureRunning();
          if (flag(planned, "reboot")) await power.restart();
        }
        return { id, state: await readBack(vm, planned, context) };
      } catch (error) {
        throw new InitFailed(id, finished(vmFields, id, planned), inputs, [diagnostic(error).message]);
      }
    },

    async read({ id, state, inputs }, context) {
      const importing = isImport(state);
      const { node, vmid } = splitId(id, text(state, "nodeName"));
      const current = importing ? planState(vmFields, { nodeName: node }, {}) : plainMap(state);
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
      const news = importing
        ? (extractInputs(vmFields, done) as WireMap)
        : refreshInputs(vmFields, inputs, done);
      return { id: vmid, state: finished(vmFields, vmid, done), inputs: news };
    },

    async update({ id, state, inputs, preview, timeout, ignoreChanges }, context) {
      const before = plainMap(state);
      const planned = keepIgnored(planState(vmFields, inputs, before), before, ignoreChanges);
      if (preview) return { state: { id, ...planned } };
      const vm = on(
        text(planned, "nodeName"),
        Number(id),
        timeout || number(planned, "timeoutCreate"),
        context,
      );
      return describe(async () => {
        await updateVm(vm, planned, before, new Power(vm, planned, warnings(context)));
        return { state: await readBack(vm, planned, context) };
      });
    },

    async delete({ id, state, timeout }, context) {
      const before = plainMap(state);
      const limits = ["timeoutStopVm", "timeoutShutdownVm"].map((key) => number(before, key));
      const vm = on(text(before, "nodeName"), Number(id), timeout || Math.max(...limits) || 1800, context);
      await describe(async () => {
        if ((await vm.status()).status !== "stopped") {
          if (flag(before, "stopOnDestroy")) await vm.stop();
          else await new Power(vm, before, warnings(context)).ensureStopped();
        }
        const isDeleted = await vm.destroy({
          "destroy-unreferenced-disks": Number(flag(before, "deleteUnreferencedDisksOnDestroy")),
          purge: Number(flag(before, "purgeOnDestroy")),
        });
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
