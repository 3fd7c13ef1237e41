/** `ip` in a container: its interfaces and addresses as its configuration or DHCP gives them, once its network is up. */
import { networkOf } from "../../machine/network/ipv4";
import { lease } from "../../machine/network/leases";
import { parsePropertyString } from "../schema/value";
import { currentConfig } from "../guest/current";
import { interfaces } from "../guest/interfaces";
import { networkFormat } from "../guest/options";
import type { Command, Host } from "../../types";

function gateway(host: Host, ctid: number): { via: string; dev: string } | undefined {
  for (const [key, value] of Object.entries(currentConfig(host, ctid).values)) {
    if (!/^net\d+$/.test(key)) continue;
    const net = parsePropertyString(networkFormat(host.release), value, host.release);
    const { name } = net;
    const gw =
      net["ip"] === "dhcp"
        ? lease(host, String(net["bridge"]), String(net["hwaddr"]).toLowerCase())?.gateway
        : net["gw"];
    if (gw !== undefined) return { via: String(gw), dev: String(name) };
  }
  return undefined;
}

/** @param upAt milliseconds since the epoch at which addresses are there */
export function ip(node: Host, ctid: number, upAt: number): Command {
  return (_guest, { args }) => {
    const flags = args.filter((word) => word.startsWith("-"));
    const words = args.filter((word) => !word.startsWith("-"));
    const [object = "", ...rest] = words;
    const dev =
      rest.at(-2) === "dev"
        ? rest.at(-1)
        : rest.find((word) => !["show", "list", "dev", "default"].includes(word));
    const unknown = flags.find((word) => !["-4", "-o", "-br", "-brief"].includes(word));
    const all = (interfaces(node, ctid) ?? []).filter(({ name }) => dev === undefined || name === dev);
    const up = Date.now() >= upAt;
    if (unknown === undefined && /^a(ddr(ess)?)?$/.test(object)) {
      if (dev !== undefined && all.length === 0)
        return { code: 1, stderr: `Device "${dev}" does not exist.\n` };
      const lines = all.map(({ name, inet }, index) => {
        const shown = inet !== undefined && (up || name === "lo") ? inet : undefined;
        if (flags.some((word) => word.startsWith("-br")))
          return `${name.padEnd(16)} ${(name === "lo" ? "UNKNOWN" : "UP").padEnd(14)} ${shown ?? ""} \n`;
        if (flags.includes("-o"))
          return shown ? `${index + 1}: ${name}    inet ${shown} scope global ${name}\n` : "";
        return `${index + 1}: ${name}: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 state UP\n${shown ? `    inet ${shown} scope global ${name}\n` : ""}`;
      });
      return { code: 0, stdout: lines.join("") };
    }
    if (unknown === undefined && /^r(oute)?$/.test(object)) {
      const via = up ? gateway(node, ctid) : undefined;
      const first = via ? `default via ${via.via} dev ${via.dev} proto static \n` : "";
      const direct = all
        .filter(({ name, inet }) => up && name !== "lo" && inet !== undefined)
        .map(
          ({ name, inet = "" }) =>
            `${networkOf(inet)} dev ${name} proto kernel scope link src ${inet.split("/")[0]} \n`,
        );
      return { code: 0, stdout: rest.includes("default") ? first : first + direct.join("") };
    }
    return {
      code: 1,
      stderr: `ip: the lab does not simulate this in a container (${["ip", ...args].join(" ")})\n`,
    };
  };
}
