import { checkBridged } from "../bridge/check";
import { diffBridged, diffState } from "../bridge/diff";
import { keepNulls } from "../bridge/normalize";
import { describe, finished, isImport, keepIgnored, partly, readResult, splitId } from "../bridge/outcome";
import { planState, previewState } from "../bridge/plan";
import type { ApiClient } from "../api/client";
import { nextId } from "../api/cluster";
import { diagnostic, httpErrorOf } from "../api/errors";
import { limitsOf } from "../api/tasks";
import type { Context, Resource } from "../../shared/provider";
import { plainMap, unknown } from "../../shared/wire";
import type { WireMap } from "../../shared/wire";
import { block, blocks, flag, number, text } from "../values";
import { ContainerApi } from "./api";
import { cloneContainer } from "./clone";
import { containerFields, storedDescription } from "./fields";
import { readContainer, withoutUnowned } from "./read";
import { createParameters } from "./request";
import { prepareUpdate } from "./update";

/** proxmoxve:index/containerLegacy:ContainerLegacy. */
export function containerResource(connect: () => ApiClient): Resource {
  const on = (state: WireMap, vmid: number, seconds: number, context: Context): ContainerApi => {
    return new ContainerApi(connect(), text(state, "nodeName"), vmid, limitsOf(context, seconds));
  };

  return {
    check: async ({ name, olds, news }) => checkBridged(name, containerFields, olds, news),
    diff: async (request) => diffBridged(containerFields, request),

    async create({ inputs, preview, timeout }, context) {
      const planned = planOf(inputs, {});
      if (preview)
        return { id: "", state: { id: unknown, ...previewState(containerFields, inputs, planned) } };
      const limit = timeout || number(planned, block(planned, "clone") ? "timeoutClone" : "timeoutCreate");
      const vmid = number(planned, "vmId") || (await nextId(connect()));
      const container = on(planned, vmid, limit, context);
      await describe(async () => {
        if (blocks(planned, "idmaps").length > 0) throw new Error(noIdmaps);
        const hostManaged = await supportsHostManaged(connect());
        if (block(planned, "clone")) await cloneContainer(container, planned, hostManaged);
        else await container.create(createParameters(planned, vmid, hostManaged));
      }, "Container create");
      const id = String(vmid);
      try {
        await container.waitForUnlock();
        if (flag(planned, "started") && !flag(planned, "template")) await container.start();
        const state = withoutUnowned(await readContainer(container, planned), planned);
        return { id, state: finished(containerFields, id, keepNulls(containerFields, planned, state)) };
      } catch (error) {
        throw partly(
          "creating",
          context.urn,
          { id, state: finished(containerFields, id, planned), inputs },
          error,
        );
      }
    },

    async read({ id, state, inputs }, context) {
      const importing = isImport(state);
      const { node, vmid } = splitId(id, text(state, "nodeName"));
      const current = importing ? planOf({ nodeName: node }, {}) : plainMap(state);
      const container = on({ nodeName: node }, Number(vmid), 1800, context);
      let found: WireMap;
      try {
        found = await readContainer(container, current);
      } catch (error) {
        if (httpErrorOf(error)?.isMissing) return { id: "", state: {}, inputs: {} };
        throw diagnostic(error);
      }
      const done = importing ? found : withoutUnowned(found, current);
      return readResult(containerFields, importing, vmid, done, inputs);
    },

    async update({ id, state, inputs, preview, timeout, ignoreChanges }, context) {
      const before = plainMap(state);
      const planned = keepIgnored(planOf(inputs, before), before, ignoreChanges);
      if (preview) return { state: { id, ...planned } };
      const changes = diffState(containerFields, before, planned);
      const container = on(planned, Number(id), timeout || number(planned, "timeoutUpdate"), context);
      try {
        const hostManaged = await supportsHostManaged(connect());
        const change = await prepareUpdate(container, planned, changes, hostManaged);
        if (change.deleted.length > 0) change.body["delete"] = change.deleted.join(",");
        if (Object.keys(change.body).length > 0) await container.update(change.body);
        await container.waitForUnlock();
        const [started, template] = [flag(planned, "started"), flag(planned, "template")];
        if ("started" in changes && !template) {
          if (started) await container.start();
          else await container.shutdown(Math.max(1, number(planned, "timeoutDelete") - 5));
        }
        if (change.reboot && started && !template) await container.reboot(300);
        const now = withoutUnowned(await readContainer(container, planned), planned);
        return { state: finished(containerFields, id, keepNulls(containerFields, planned, now)) };
      } catch (error) {
        throw partly(
          "updating",
          context.urn,
          { id, state: finished(containerFields, id, planned), inputs },
          error,
        );
      }
    },

    async delete({ id, state, timeout }, context) {
      const before = plainMap(state);
      const seconds = timeout || number(before, "timeoutDelete") || 60;
      const container = on(before, Number(id), seconds, context);
      await describe(async () => {
        if ((await container.status()).status !== "stopped")
          await container.shutdown(Math.max(1, seconds - 5));
        if (!(await container.destroy())) return;
        const still = await container.status().then(
          () => true,
          () => false,
        );
        if (still) throw new Error(`failed to delete container "${id}"`);
      });
    },
  };
}

const noIdmaps = "idmaps need the provider's own SSH connection, which the lab's provider does not have";

function planOf(inputs: WireMap, state: WireMap): WireMap {
  const planned = planState(containerFields, inputs, state);
  return { ...planned, description: storedDescription(planned["description"] ?? "") };
}

/** Proxmox VE 9.1 and above; asked once per operation, as the real provider does. */
async function supportsHostManaged(api: ApiClient): Promise<boolean> {
  const { version } = await api.call<{ version: string }>("GET", "version").catch(() => ({ version: "0" }));
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > 9 || (major === 9 && minor >= 1);
}
