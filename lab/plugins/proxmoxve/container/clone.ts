import type { Parameters } from "../api/client";
import type { WireMap } from "../../shared/wire";
import { bit, block, blocks, flag, number, text, texts } from "../values";
import { ContainerApi } from "./api";
import * as request from "./request";

/** Clones the source and sets what the inputs name; a snapshot to clone from cannot be chosen. */
export async function cloneContainer(
  container: ContainerApi,
  planned: WireMap,
  hostManaged: boolean,
): Promise<void> {
  const clone = block(planned, "clone") ?? {};
  const node = text(planned, "nodeName");
  const sourceNode = text(clone, "nodeName") || node;
  const initialization = block(planned, "initialization") ?? {};
  const optional = {
    storage: text(clone, "datastoreId"),
    description: text(planned, "description"),
    hostname: text(initialization, "hostname"),
    pool: text(planned, "poolId"),
    target: sourceNode === node ? "" : node,
  };
  const source = new ContainerApi(container.api, sourceNode, number(clone, "vmId"), container.limits);
  const named = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== ""));
  await container.clone(source, { newid: container.vmid, full: bit(flag(clone, "full")), ...named });
  await container.update(await parametersAfter(container, planned, hostManaged));
}

async function parametersAfter(
  container: ContainerApi,
  planned: WireMap,
  hostManaged: boolean,
): Promise<Parameters> {
  const initialization = block(planned, "initialization") ?? {};
  const system = block(planned, "operatingSystem");
  const account = block(initialization, "userAccount");
  const dns = request.dnsOf(planned);
  const deleted: string[] = [];
  const body: Parameters = {
    onboot: bit(flag(planned, "startOnBoot")),
    protection: bit(flag(planned, "protection")),
    ...request.featuresParameter(planned, false),
    ...request.startupParameter(planned),
    ...(block(planned, "console") ? request.consoleParameters(planned) : {}),
    ...(block(planned, "memory") ? request.memoryParameters(planned) : {}),
    ...request.deviceParameters(planned),
    ...request.mountParameters(planned),
  };
  if (block(planned, "cpu")) {
    Object.assign(body, request.cpuParameters(planned));
    if (body["cpulimit"] === undefined) deleted.push("cpulimit");
  }
  const optional = {
    hookscript: text(planned, "hookScriptFileId"),
    searchdomain: dns.domain,
    nameserver: dns.server,
    hostname: text(initialization, "hostname"),
    entrypoint: text(initialization, "entrypoint"),
    tags: request.tagsOf(planned),
    "ssh-public-keys": texts(account ?? {}, "keys").join("\n"),
    password: text(account ?? {}, "password"),
    ostemplate: system ? text(system, "templateFileId") : "",
    ostype: system ? text(system, "type") : "",
  };
  Object.assign(body, Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== "")));
  if (blocks(planned, "networkInterfaces").length > 0) {
    Object.assign(body, request.networkParameters(planned, { hostManaged, firewallAlways: true }));
    deleted.push(...request.deletedNetworks(planned));
    for (const name of deleted) delete body[name];
  }
  if (flag(planned, "template")) body["template"] = 1;
  return deleted.length > 0 ? { ...body, delete: deleted.join(",") } : body;
}
