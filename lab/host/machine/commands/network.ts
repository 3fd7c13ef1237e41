/** ifupdown2's commands and iproute2's ip over the host's interfaces. */
import type { Answer, Command, CommandTable, Host } from "../../types";
import { apply, changed, type Link, links, takeDown } from "../network/live";
import { readInterfaces } from "../network/interfacesFile";
import { inNetwork, networkOf } from "../network/ipv4";

const text = (lines: string[]) => lines.map((line) => `${line}\n`).join("");

const ifupdown: Command = async (host, call) => {
  const flags = call.args.filter((word) => word.startsWith("-"));
  const names = call.args.filter((word) => !word.startsWith("-"));
  const allowed = [
    "-a",
    "--all",
    "-s",
    "--syntax-check",
    "-v",
    "--verbose",
    "-f",
    "--force",
    "-c",
    "--currently-up",
    "-d",
    "--debug",
    "-n",
    "--no-act",
  ];
  const refused = flags.find((word) => !allowed.includes(word));
  if (refused !== undefined)
    return { code: 1, stderr: `${call.name}: the lab does not simulate ${refused}\n` };
  const everything =
    flags.includes("-a") ||
    flags.includes("--all") ||
    flags.includes("-c") ||
    flags.includes("--currently-up");
  if (!everything && names.length === 0)
    return {
      code: 1,
      stderr: `usage: ${call.name} [-h] [-a] [-v] [-d] [iflist ...]\nerror: '-a' option or interface list are required\n`,
    };
  if (flags.includes("-s") || flags.includes("--syntax-check")) {
    const { errors } = readInterfaces(host.root);
    return { code: errors.length > 0 ? 1 : 0, stderr: text(errors) };
  }
  await host.latency(call.name);
  if (call.name === "ifdown") {
    const errors = takeDown(
      host,
      everything ? [...links(host).keys()].filter((name) => name !== "lo") : names,
    );
    return { code: errors.length > 0 ? 1 : 0, stderr: text(errors) };
  }
  if (!everything) {
    const { stanzas, errors } = readInterfaces(host.root);
    const unknown = errors.length > 0 ? [] : names.filter((name) => !stanzas.has(name));
    if (unknown.length > 0)
      return {
        code: 1,
        stderr: text([
          `error: main exception: cannot find interfaces: ${unknown.join(" ")} (interface was probably never up ?)`,
        ]),
      };
  }
  const { errors, warnings } = apply(host, everything ? undefined : names, {
    down: call.name === "ifreload",
  });
  return { code: errors.length > 0 ? 1 : 0, stderr: text([...errors, ...warnings]) };
};

const ifquery: Command = (host, call) => {
  const flags = call.args.filter((word) => word.startsWith("-"));
  const names = call.args.filter((word) => !word.startsWith("-"));
  const refused = flags.find(
    (word) => !["-a", "--all", "-c", "--check", "-l", "--list", "-s", "--syntax-check"].includes(word),
  );
  if (refused !== undefined) return { code: 1, stderr: `ifquery: the lab does not simulate ${refused}\n` };
  const { stanzas, auto, errors } = readInterfaces(host.root);
  if (errors.length > 0 || flags.includes("-s") || flags.includes("--syntax-check"))
    return { code: errors.length > 0 ? 1 : 0, stderr: text(errors) };
  if (flags.includes("-l") || flags.includes("--list")) return { code: 0, stdout: text([...auto]) };
  const check = flags.includes("-c") || flags.includes("--check");
  let [code, stdout] = [0, ""];
  for (const name of names.length > 0 ? names : auto) {
    const stanza = stanzas.get(name);
    if (stanza === undefined)
      return { code: 1, stdout, stderr: `error: main exception: cannot find interfaces: ${name}\n` };
    const live = links(host).get(name);
    const mark = (good: boolean) => {
      if (!check) return "";
      if (!good) code = 1;
      return good ? "   [pass]" : "   [fail]";
    };
    stdout += text([
      `auto ${name}`,
      `iface ${name} inet ${stanza.method}${mark(live?.up === true)}`,
      ...stanza.addresses.map(
        (address) => `\taddress ${address}${mark(live?.addresses.includes(address) === true)}`,
      ),
      ...(stanza.gateway === undefined
        ? []
        : [`\tgateway ${stanza.gateway}${mark(live?.gateway === stanza.gateway)}`]),
      "",
    ]);
  }
  return { code, stdout };
};

interface Asked {
  four: boolean;
  six: boolean;
  oneline: boolean;
  brief: boolean;
  json: boolean;
  words: string[];
}

const ip: Command = async (host, call) => {
  const asked: Asked = { four: false, six: false, oneline: false, brief: false, json: false, words: [] };
  const queue = [...call.args];
  while (queue[0]?.startsWith("-")) {
    const option = queue.shift() ?? "";
    if (option === "-4") asked.four = true;
    else if (option === "-6") asked.six = true;
    else if (["-o", "-oneline"].includes(option)) asked.oneline = true;
    else if (["-br", "-brief"].includes(option)) asked.brief = true;
    else if (["-j", "-json"].includes(option)) asked.json = true;
    else if (!["-d", "-details", "-c", "-color", "-n", "-s", "-p", "-pretty"].includes(option))
      return { code: 255, stderr: `Option "${option}" is unknown, try "ip -help".\n` };
  }
  const [object = "", ...rest] = queue;
  asked.words = rest;
  if ("address".startsWith(object) && object.length > 0) return address(host, asked);
  if ("link".startsWith(object) && object.length > 0) return link(host, asked);
  if ("route".startsWith(object) && object.length > 0) return route(host, asked);
  return { code: 255, stderr: `Object "${object}" is unknown, try "ip help".\n` };
};

const refuse = (words: string[]): Answer => ({
  code: 255,
  stderr: `ip: the lab does not simulate ${words.join(" ")}\n`,
});
const missing = (name: string): Answer => ({ code: 1, stderr: `Device "${name}" does not exist.\n` });
const isFour = (address: string) => !address.includes(":");

/** Words after show: `dev X`, `scope S`, `up`, `type T`, or a bare name. */
function selection(words: string[]): {
  dev?: string;
  scope?: string;
  up?: boolean;
  type?: string;
  bad?: string;
} {
  const found: ReturnType<typeof selection> = {};
  const queue = [...words];
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    if (word === "dev" || word === "scope" || word === "type") found[word] = queue.shift() ?? "";
    else if (word === "up") found.up = true;
    else if (/^[A-Za-z0-9._-]+$/.test(word) && found.dev === undefined) found.dev = word;
    else found.bad = word;
  }
  return found;
}

const index = (host: Host, { name }: Link) => [...links(host).keys()].indexOf(name) + 1;

function head(host: Host, one: Link): string {
  const flags =
    one.kind === "loopback" ? "LOOPBACK,UP,LOWER_UP" : `BROADCAST,MULTICAST${one.up ? ",UP,LOWER_UP" : ""}`;
  const state = one.kind === "loopback" ? "UNKNOWN" : one.up ? "UP" : "DOWN";
  return `${index(host, one)}: ${one.name}: <${flags}> mtu ${one.mtu} qdisc noqueue${one.master === undefined ? "" : ` master ${one.master}`} state ${state} group default qlen 1000`;
}

const second = ({ kind, mac }: Link) =>
  `    link/${kind === "loopback" ? "loopback" : "ether"} ${mac} brd ${kind === "loopback" ? "00:00:00:00:00:00" : "ff:ff:ff:ff:ff:ff"}`;
const state = ({ kind, up }: Link) => (kind === "loopback" ? "UNKNOWN" : up ? "UP" : "DOWN");

async function address(host: Host, asked: Asked): Promise<Answer> {
  const [verb = "show", ...rest] = asked.words;
  if (["add", "del", "replace", "flush"].includes(verb)) return changeAddress(host, verb, rest);
  const pick = selection(["show", "list", "sh", "s"].includes(verb) ? rest : asked.words);
  if (pick.bad !== undefined || pick.type !== undefined) return refuse(["address", ...asked.words]);
  if (pick.dev !== undefined && !links(host).has(pick.dev)) return missing(pick.dev);
  const scopeOf = (one: Link) => (one.kind === "loopback" ? "host" : "global");
  const chosen = [...links(host).values()]
    .filter(
      (one) =>
        (pick.dev === undefined || one.name === pick.dev) &&
        (pick.up !== true || one.up) &&
        (pick.scope === undefined || scopeOf(one) === pick.scope),
    )
    .map((one) => ({
      one,
      found: one.addresses.filter((each) => (!asked.four || isFour(each)) && (!asked.six || !isFour(each))),
    }))
    .filter(({ found }) => found.length > 0 || (!asked.four && !asked.six && pick.scope === undefined));
  if (asked.json) {
    const rows = chosen.map(({ one, found }) => ({
      ...{
        ifindex: index(host, one),
        ifname: one.name,
        flags: one.up ? ["UP"] : [],
        mtu: one.mtu,
        operstate: state(one),
        address: one.mac,
      },
      addr_info: found.map((each) => ({
        family: isFour(each) ? "inet" : "inet6",
        local: each.split("/")[0],
        prefixlen: Number(each.split("/")[1]),
        scope: scopeOf(one),
        label: one.name,
      })),
    }));
    return { code: 0, stdout: `${JSON.stringify(rows)}\n` };
  }
  const lines = chosen.flatMap(({ one, found }) => {
    const tell = (each: string) =>
      `${isFour(each) ? "inet" : "inet6"} ${each} scope ${scopeOf(one)} ${one.name}`;
    if (asked.brief) return [`${one.name.padEnd(16)} ${state(one).padEnd(14)} ${found.join(" ")} `];
    if (asked.oneline)
      return found.map(
        (each) =>
          `${index(host, one)}: ${one.name}    ${tell(each)}\\       valid_lft forever preferred_lft forever`,
      );
    const first = asked.four || asked.six ? [head(host, one)] : [head(host, one), second(one)];
    return [
      ...first,
      ...found.flatMap((each) => [`    ${tell(each)}`, "       valid_lft forever preferred_lft forever"]),
    ];
  });
  return { code: 0, stdout: text(lines) };
}

function changeAddress(host: Host, verb: string, words: string[]): Answer {
  const at = words.indexOf("dev");
  const name = words[at + 1] ?? "";
  const [value = ""] = words;
  if (at < 0) return { code: 255, stderr: 'Not enough information: "dev" argument is required.\n' };
  const one = links(host).get(name);
  if (one === undefined) return { code: 1, stderr: `Cannot find device "${name}"\n` };
  const full = value.includes("/") ? value : `${value}/32`;
  if (verb === "flush") one.addresses = [];
  else if (!/^[0-9a-fA-F.:]+\/\d+$/.test(full))
    return { code: 1, stderr: `Error: any valid prefix is expected rather than "${value}".\n` };
  else if (verb === "del") {
    if (!one.addresses.includes(full)) return { code: 2, stderr: "Error: ipv4: Address not found.\n" };
    one.addresses = one.addresses.filter((each) => each !== full);
  } else if (one.addresses.includes(full)) {
    if (verb === "add") return { code: 2, stderr: "Error: ipv4: Address already assigned.\n" };
  } else one.addresses.push(full);
  changed(host);
  return { code: 0 };
}

function link(host: Host, asked: Asked): Answer {
  const [verb = "show", ...rest] = asked.words;
  if (verb === "set") {
    const words = rest.filter((word) => word !== "dev");
    const one = links(host).get(words[0] ?? "");
    if (one === undefined) return { code: 1, stderr: `Cannot find device "${words[0] ?? ""}"\n` };
    if (words.length !== 2 || !["up", "down"].includes(words[1] ?? ""))
      return refuse(["link", ...asked.words]);
    one.up = words[1] === "up";
    if (!one.up) delete one.gateway;
    changed(host);
    return { code: 0 };
  }
  if (!["show", "list", "sh", "s"].includes(verb)) return refuse(["link", ...asked.words]);
  const pick = selection(rest);
  if (pick.bad !== undefined || (pick.type !== undefined && pick.type !== "bridge"))
    return refuse(["link", ...asked.words]);
  if (pick.dev !== undefined && !links(host).has(pick.dev)) return missing(pick.dev);
  const chosen = [...links(host).values()].filter(
    (one) =>
      (pick.dev === undefined || one.name === pick.dev) &&
      (pick.type === undefined || one.kind === "bridge") &&
      (pick.up !== true || one.up),
  );
  if (asked.json)
    return {
      code: 0,
      stdout: `${JSON.stringify(chosen.map((one) => ({ ifindex: index(host, one), ifname: one.name, operstate: state(one), address: one.mac, mtu: one.mtu })))}\n`,
    };
  if (asked.brief)
    return {
      code: 0,
      stdout: text(
        chosen.map(
          (one) =>
            `${one.name.padEnd(16)} ${state(one).padEnd(14)} ${one.mac} <${one.up ? "BROADCAST,MULTICAST,UP,LOWER_UP" : "BROADCAST,MULTICAST"}> `,
        ),
      ),
    };
  return {
    code: 0,
    stdout: text(
      chosen.flatMap((one) =>
        asked.oneline ? [`${head(host, one)}\\ ${second(one)}`] : [head(host, one), second(one)],
      ),
    ),
  };
}

function route(host: Host, asked: Asked): Answer {
  const [verb = "show", ...rest] = asked.words;
  if (["add", "del", "delete", "replace"].includes(verb)) {
    const via = rest[rest.indexOf("via") + 1];
    const dev = rest.includes("dev")
      ? rest[rest.indexOf("dev") + 1]
      : [...links(host).values()].find((one) => one.addresses.some((each) => inNetwork(via ?? "", each)))
          ?.name;
    if (rest[0] !== "default") return refuse(["route", ...asked.words]);
    const holder = [...links(host).values()].find((one) => one.gateway !== undefined);
    if (verb.startsWith("del")) {
      if (holder === undefined) return { code: 2, stderr: "RTNETLINK answers: No such process\n" };
      delete holder.gateway;
    } else {
      const one = links(host).get(dev ?? "");
      if (one === undefined || via === undefined)
        return {
          code: 2,
          stderr:
            dev === undefined ? "Error: Nexthop has invalid gateway.\n" : `Cannot find device "${dev}"\n`,
        };
      if (verb === "add" && holder !== undefined)
        return { code: 2, stderr: "RTNETLINK answers: File exists\n" };
      if (holder !== undefined) delete holder.gateway;
      one.gateway = via;
    }
    changed(host);
    return { code: 0 };
  }
  if (verb === "get") {
    const one = [...links(host).values()].find(
      (each) =>
        each.up &&
        (each.addresses.some((own) => isFour(own) && inNetwork(rest[0] ?? "", own)) ||
          each.gateway !== undefined),
    );
    if (one === undefined) return { code: 2, stderr: "RTNETLINK answers: Network is unreachable\n" };
    const direct = one.addresses.some((own) => inNetwork(rest[0] ?? "", own));
    return {
      code: 0,
      stdout: `${rest[0] ?? ""}${direct ? "" : ` via ${one.gateway ?? ""}`} dev ${one.name} src ${one.addresses[0]?.split("/")[0] ?? ""} uid 0 \n    cache \n`,
    };
  }
  const words = ["show", "list", "sh", "s"].includes(verb) ? rest : asked.words;
  const onlyDefault = words.includes("default");
  const dev = words.includes("dev") ? words[words.indexOf("dev") + 1] : undefined;
  if (dev !== undefined && !links(host).has(dev)) return { code: 1, stderr: `Cannot find device "${dev}"\n` };
  const lines: string[] = [];
  for (const one of links(host).values()) {
    if ((dev !== undefined && one.name !== dev) || !one.up || asked.six) continue;
    const by = dev === undefined ? ` dev ${one.name}` : "";
    if (one.gateway !== undefined) lines.unshift(`default via ${one.gateway}${by} proto kernel onlink `);
    if (onlyDefault || one.kind === "loopback") continue;
    for (const each of one.addresses.filter(isFour))
      lines.push(`${networkOf(each)}${by} proto kernel scope link src ${each.split("/")[0] ?? ""} `);
  }
  if (asked.json) {
    const holder = [...links(host).values()].find((one) => one.gateway !== undefined);
    return {
      code: 0,
      stdout: `${JSON.stringify(holder === undefined ? [] : [{ dst: "default", gateway: holder.gateway, dev: holder.name, flags: ["onlink"] }])}\n`,
    };
  }
  return { code: 0, stdout: text(lines) };
}

export const networkCommands: CommandTable = {
  ip: { run: ip },
  ifup: { run: ifupdown },
  ifdown: { run: ifupdown },
  ifreload: { run: ifupdown },
  ifquery: { run: ifquery },
};
