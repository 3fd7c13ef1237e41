import type { ApiClient } from "../api/client";
import { diagnostic, httpErrorOf } from "../api/errors";
import { VmApi } from "../vm/api";
import type { InvokeFunction } from "../../shared/provider";
import { plainMap } from "../../shared/wire";
import { number, text, toFlag } from "../values";

/** getVmLegacy: one virtual machine by its number. @throws When the node has none of it. */
export function vmFunction(connect: () => ApiClient): InvokeFunction {
  return async (args, context) => {
    const inputs = plainMap(args);
    const [nodeName, vmId] = [text(inputs, "nodeName"), number(inputs, "vmId")];
    const limits = { signal: context.signal, deadline: Date.now() + 60_000 };
    const vm = new VmApi(connect(), nodeName, vmId, limits);
    try {
      const status = await vm.status();
      const { template } = await vm.config();
      const tags = (status.tags ?? "").split(";").map((tag) => tag.trim());
      return {
        result: {
          nodeName,
          vmId,
          id: String(vmId),
          name: status.name ?? "",
          status: status.status,
          tags: tags.filter((tag) => tag !== "").sort(),
          template: toFlag(template) ?? false,
        },
      };
    } catch (error) {
      if (httpErrorOf(error)?.isMissing)
        throw diagnostic(new Error(`VM ${vmId} not found on node "${nodeName}"`));
      throw diagnostic(error);
    }
  };
}
