import type { Parameters } from "../api/client";
import type { WireMap } from "../../shared/wire";
import { bit, block, blocks, flag, joinProperties, text, texts } from "../values";

/** What a read shows instead of a password. */
const masked = "**********";

/**
 * The cloud-init settings of the plan.
 * @param withDrive Also the drive itself, on its interface or ide2.
 */
export function cloudInitParameters(planned: WireMap, withDrive: boolean): Parameters {
  const settings = block(planned, "initialization");
  if (!settings) return {};
  const dns = block(settings, "dns") ?? {};
  const account = block(settings, "userAccount") ?? {};
  const password = text(account, "password");
  const files = joinProperties([
    ["meta", text(settings, "metaDataFileId") || undefined],
    ["network", text(settings, "networkDataFileId") || undefined],
    ["user", text(settings, "userDataFileId") || undefined],
    ["vendor", text(settings, "vendorDataFileId") || undefined],
  ]);
  const some = {
    cicustom: files,
    nameserver: texts(dns, "servers").join(" "),
    searchdomain: text(dns, "domain"),
    cipassword: password === masked ? "" : password,
    sshkeys: encodeURIComponent(texts(account, "keys").join("\n")),
    citype: text(settings, "type"),
    ciuser: text(account, "username"),
    ...Object.fromEntries(
      blocks(settings, "ipConfigs").map((config, index) => [`ipconfig${index}`, ipConfig(config)]),
    ),
  };
  return {
    ...Object.fromEntries(Object.entries(some).filter(([, value]) => value !== "")),
    ...(typeof settings["upgrade"] === "boolean" ? { ciupgrade: bit(flag(settings, "upgrade")) } : {}),
    ...(withDrive ? cloudInitDrive(settings, text(settings, "interface") || "ide2") : {}),
  };
}

export function cloudInitDrive(settings: WireMap, at: string): Parameters {
  const format = text(settings, "fileFormat");
  return {
    [at]: joinProperties([
      ["file", `${text(settings, "datastoreId")}:cloudinit`],
      ["format", format || undefined],
    ]),
  };
}

function ipConfig(config: WireMap): string {
  const [ipv4, ipv6] = [block(config, "ipv4") ?? {}, block(config, "ipv6") ?? {}];
  return joinProperties([
    ["gw", text(ipv4, "gateway") || undefined],
    ["gw6", text(ipv6, "gateway") || undefined],
    ["ip", text(ipv4, "address") || undefined],
    ["ip6", text(ipv6, "address") || undefined],
  ]);
}
