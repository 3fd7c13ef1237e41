import type { GuestConfig } from "../api/guest";
import type { Wire, WireMap } from "../../shared/wire";
import { block, blocks, numbered, parseProperties } from "../values";
import { configuredDisks, isCloudInit } from "./disks";
import { line } from "./readDevices";

/** The cloud-init settings of a configuration; null when it has none. */
export function readCloudInit(config: GuestConfig, current: WireMap, vmid: number): Wire {
  const drive = [...configuredDisks(config)].find(([, disk]) => isCloudInit(disk, vmid));
  const [at = "", disk = {}] = drive ?? [];
  const volume = disk["file"] ?? "";
  const dns = dnsOf(config);
  const ipConfigs = ipConfigsOf(config);
  const account = accountOf(config);
  const files = parseProperties(line(config, "cicustom"), "");
  const { citype, ciupgrade } = config;
  const isEmpty =
    !drive &&
    !dns &&
    !account &&
    ipConfigs.length === 0 &&
    [config["cicustom"], citype, ciupgrade].every((value) => value === undefined);
  if (isEmpty) return null;
  const found: WireMap = {
    datastoreId: volume.split(":")[0] ?? "",
    dns,
    fileFormat: disk["format"] ?? /\.([^./]+)$/.exec(volume)?.[1] ?? "",
    interface: at,
    ipConfigs,
    metaDataFileId: files["meta"] ?? "",
    networkDataFileId: files["network"] ?? "",
    type: line(config, "citype"),
    upgrade: ciupgrade === undefined ? true : Number(ciupgrade) === 1,
    userAccount: account,
    userDataFileId: files["user"] ?? "",
    vendorDataFileId: files["vendor"] ?? "",
  };
  const before = block(current, "initialization");
  if (block(current, "clone") === undefined) return found;
  if (!before) return null;
  // A clone shows only the parts its inputs name: the rest is its source's.
  if (!block(before, "dns")) found["dns"] = null;
  if (!block(before, "userAccount")) found["userAccount"] = null;
  if (blocks(before, "ipConfigs").length === 0) found["ipConfigs"] = [];
  return found;
}

function dnsOf(config: GuestConfig): WireMap | null {
  const { searchdomain, nameserver } = config;
  if (searchdomain === undefined && nameserver === undefined) return null;
  return {
    domain: line(config, "searchdomain"),
    servers: nameserver === undefined ? [] : line(config, "nameserver").split(" "),
  };
}

/** By their numbers; those between that are missing are empty. */
function ipConfigsOf(config: GuestConfig): Wire[] {
  const found = numbered(config, "ipconfig");
  const last = Number(/\d+$/.exec(found.at(-1)?.[0] ?? "ipconfig-1")?.[0] ?? -1);
  return Array.from({ length: found.length > 0 ? last + 1 : 0 }, (_, index) => {
    const parsed = parseProperties(line(config, `ipconfig${index}`), "");
    const family = (address: string, gateway: string): Wire =>
      parsed[address] === undefined && parsed[gateway] === undefined
        ? null
        : { address: parsed[address] ?? "", gateway: parsed[gateway] ?? "" };
    return { ipv4: family("ip", "gw"), ipv6: family("ip6", "gw6") };
  });
}

function accountOf(config: GuestConfig): WireMap | null {
  const { cipassword, ciuser, sshkeys } = config;
  if ([cipassword, ciuser, sshkeys].every((value) => value === undefined)) return null;
  return {
    keys: sshkeys === undefined ? [] : decodeURIComponent(line(config, "sshkeys")).trim().split("\n"),
    password: line(config, "cipassword"),
    username: line(config, "ciuser"),
  };
}
