/** Files that Proxmox VE writes into a container before it starts (PVE::LXC::Setup). */
import { chownSync, lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { GuestFile } from "../config/guest-file";
import { inHost, readHost } from "../paths";
import { parsePropertyString } from "../schema/value";
import type { Host } from "../../types";
import { rootIds } from "./idmap";
import { networkFormat } from "./options";
import { sourceOf } from "./source";
import { mountOf } from "./volumes";

const BEGIN = "# --- BEGIN PVE ---";
const END = "# --- END PVE ---";

/** The text with a marked block replaced or put at its end. */
function withBlock(text: string, block: string): string {
  const without = text.replace(new RegExp(`${BEGIN}\\n[^]*?${END}\\n`), "");
  return `${without}${BEGIN}\n${block}${END}\n`;
}

const readRegular = (path: string): string =>
  lstatSync(path, { throwIfNoEntry: false })?.isFile() ? readFileSync(path, "utf8") : "";

function address(host: Host, config: GuestFile): string | undefined {
  const keys = Object.keys(config.values).filter((key) => /^net\d+$/.test(key));
  for (const key of keys.sort()) {
    const net = parsePropertyString(networkFormat(host.release), config.values[key] ?? "", host.release);
    const ip = String(net["ip"] ?? "");
    if (/^\d/.test(ip)) return ip.split("/")[0];
  }
  return undefined;
}

function resolver(host: Host, config: GuestFile): string {
  const { nameserver, searchdomain } = config.values;
  const own = readHost(host, "/etc/resolv.conf") ?? "";
  if (nameserver === undefined && searchdomain === undefined) return own;
  // Each that is not given is the host's (PVE::LXC::Setup::Base, lookup_dns_conf).
  const domains = searchdomain ?? /^search\s+(.*)$/m.exec(own)?.[1];
  const search = domains === undefined ? "" : `search ${domains}\n`;
  const servers =
    nameserver?.split(/[,;\s]+/).filter(Boolean) ??
    [...own.matchAll(/^nameserver\s+(\S+)/gm)].map(([, ip]) => ip);
  return search + servers.map((server) => `nameserver ${server}\n`).join("");
}

/** The container's own file of its time zone, if it has it (PVE::LXC::Setup::Base::set_timezone). */
function setTimezone(host: Host, root: string, zone: string | undefined): void {
  if (zone === undefined) return;
  const name = zone === "host" ? (readHost(host, "/etc/timezone") ?? "").trim() : zone;
  const file = `/usr/share/zoneinfo/${name}`;
  // A running guest sees this machine's /usr below its own.
  const isThere = [join(root, file), file].some((path) => lstatSync(path, { throwIfNoEntry: false }));
  if (name === "" || !isThere) return;
  rmSync(join(root, "etc/localtime"), { force: true });
  symlinkSync(file, join(root, "etc/localtime"));
  if (lstatSync(join(root, "etc/timezone"), { throwIfNoEntry: false })?.isFile())
    writeFileSync(join(root, "etc/timezone"), `${name}\n`);
}

/** Writes hostname, hosts, resolv.conf and the network of a container's root volume. */
export function prepareFiles(host: Host, vmid: number, config: GuestFile): void {
  const mount = mountOf(host, config, "rootfs");
  if (!mount || config.values["ostype"] === "unmanaged") return;
  const root = inHost(host, sourceOf(host, mount));
  const { uid, gid } = rootIds(config);
  const full = config.values["hostname"] ?? `CT${vmid}`;
  const short = full.split(".")[0] ?? full;
  const write = (path: string, text: string) => {
    mkdirSync(join(root, path, ".."), { recursive: true });
    // A link here points into the guest, not into this machine: it is replaced, never followed.
    rmSync(join(root, path), { force: true });
    writeFileSync(join(root, path), text);
    chownSync(join(root, path), uid, gid);
  };
  const names = full === short ? short : `${full} ${short}`;
  const hosts = readRegular(join(root, "etc/hosts"));
  write("etc/hostname", `${short}\n`);
  write(
    "etc/hosts",
    withBlock(hosts, `127.0.1.1 ${short}\n${address(host, config) ?? "127.0.1.1"} ${names}\n`),
  );
  write("etc/resolv.conf", withBlock(readRegular(join(root, "etc/resolv.conf")), resolver(host, config)));
  setTimezone(host, root, config.values["timezone"]);
}
