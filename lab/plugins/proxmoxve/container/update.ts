import type { Parameters } from "../api/client";
import type { DetailedDiff } from "../../shared/objectDiff";
import type { WireMap } from "../../shared/wire";
import { bit, block, flag, gigabytes, joinProperties, number, parseProperties, text, texts } from "../values";
import type { ContainerApi } from "./api";
import * as request from "./request";

/** What an update asks of the node. */
export interface Change {
  body: Parameters;
  deleted: string[];
  /** Whether a running container must be rebooted for it. */
  reboot: boolean;
}

/** The changed properties as the body of one configuration call; the root disk is grown on the way. */
export async function prepareUpdate(
  container: ContainerApi,
  planned: WireMap,
  changes: DetailedDiff,
  hostManaged: boolean,
): Promise<Change> {
  const paths = Object.keys(changes);
  const changed = (key: string): boolean =>
    paths.some((path) => path === key || path.startsWith(`${key}.`) || path.startsWith(`${key}[`));
  const change: Change = { body: {}, deleted: [], reboot: false };
  const add = (parameters: Parameters, reboot = false): void => {
    Object.assign(change.body, parameters);
    change.reboot ||= reboot;
  };
  const setOrDelete = (name: string, value: string, reboot: boolean): void => {
    if (value === "") change.deleted.push(name);
    add(value === "" ? {} : { [name]: value }, reboot);
  };
  const initialization = block(planned, "initialization") ?? {};

  if (changed("description")) add({ description: text(planned, "description") });
  if (changed("console")) add(request.consoleParameters(planned), true);
  if (changed("cpu")) {
    add(request.cpuParameters(planned));
    if (change.body["cpulimit"] === undefined) change.deleted.push("cpulimit");
  }
  if (changed("disk")) await changeDisk(container, planned, change);
  if (changed("environmentVariables")) setOrDelete("env", request.environmentOf(planned), true);
  if (changed("features")) add(request.featuresParameter(planned, true));
  if (changed("hookScriptFileId")) setOrDelete("hookscript", text(planned, "hookScriptFileId"), false);
  if (changed("initialization.dns")) {
    const { domain, server } = request.dnsOf(planned);
    setOrDelete("searchdomain", domain, true);
    setOrDelete("nameserver", server, true);
  }
  if (changed("initialization.hostname")) add({ hostname: text(initialization, "hostname") }, true);
  if (changed("initialization.entrypoint"))
    setOrDelete("entrypoint", text(initialization, "entrypoint"), true);
  if (changed("memory")) add(request.memoryParameters(planned), true);
  if (changed("devicePassthroughs")) add(request.deviceParameters(planned), true);
  if (changed("idmaps"))
    throw new Error("idmaps need the provider's own SSH connection, which the lab's provider does not have");
  if (changed("mountPoints")) add(request.mountParameters(planned), true);
  if (changed("initialization.ipConfigs") || changed("networkInterfaces")) {
    add(request.networkParameters(planned, { hostManaged, firewallAlways: true }), true);
    change.deleted.push(...request.deletedNetworks(planned));
    for (const name of change.deleted) delete change.body[name];
  }
  if (changed("startup")) {
    const parameter = request.startupParameter(planned);
    add(parameter);
    if (Object.keys(parameter).length === 0) change.deleted.push("startup");
  }
  if (changed("operatingSystem"))
    add({ ostype: text(block(planned, "operatingSystem") ?? {}, "type") }, true);
  if (changed("protection")) add({ protection: bit(flag(planned, "protection")) });
  if (changed("startOnBoot")) add({ onboot: bit(flag(planned, "startOnBoot")) });
  if (changed("tags")) add({ tags: request.tagsOf(planned) });
  return change;
}

/** Grows the root disk; a smaller size is refused, as the real provider refuses it: only now. */
async function changeDisk(container: ContainerApi, planned: WireMap, change: Change): Promise<void> {
  const disk = block(planned, "disk") ?? { acl: false, datastoreId: "local", size: 4 };
  const config = await container.config();
  const rootfs = typeof config["rootfs"] === "string" ? config["rootfs"] : "";
  const current = parseProperties(rootfs, "volume");
  const [before, after] = [gigabytes(current["size"] ?? "0"), number(disk, "size")];
  if (before > after)
    throw new Error(`new disk size (${after}G) has to be greater than the current disk (${current["size"]})`);
  if (current["size"] !== `${after}G`) await container.resize(`${after}G`);
  const options = texts(disk, "mountOptions").sort();
  const had = (current["mountoptions"] ?? "").split(";").filter((option) => option !== "");
  if (options.join(";") !== had.sort().join(";")) change.reboot = true;
  change.body["rootfs"] = joinProperties([
    ["acl", bit(flag(disk, "acl"))],
    ["size", String(after * 2 ** 30)],
    ["mountoptions", options.length > 0 ? options.join(";") : undefined],
    ["quota", bit(flag(disk, "quota"))],
    ["replicate", bit(flag(disk, "replicate"))],
    ["volume", current["volume"]],
  ]);
}
