/** ufw's grammar of rules, ufw(8): the short form `allow 22/tcp` and the full one with from and to. */
import { isIP } from "node:net";
import { networkOf, toNumber } from "../ipv4";
import { type Action, anyV4, anyV6, type Profile, type Rule } from "./rules";

/** What ufw says about a mistake, after `ERROR: `. */
export class UfwError extends Error {}

/** Arguments that ufw cannot read at all: it answers with its usage. */
export class UfwSyntaxError extends Error {}

const protocols = ["tcp", "udp", "ah", "esp", "gre", "igmp", "ipv6", "vrrp", "any"];
/** Names of /etc/services that stand for a port in ufw's rules. */
const services: Record<string, [port: string, protocols: string[]]> = {
  ssh: ["22", ["tcp"]],
  http: ["80", ["tcp"]],
  https: ["443", ["tcp", "udp"]],
  domain: ["53", ["tcp", "udp"]],
  nfs: ["2049", ["tcp", "udp"]],
  sunrpc: ["111", ["tcp", "udp"]],
  "microsoft-ds": ["445", ["tcp", "udp"]],
  "netbios-ssn": ["139", ["tcp"]],
  ntp: ["123", ["udp"]],
};

/** A rule's parts before it is known for which versions of IP it counts. */
export interface Draft extends Omit<Rule, "v6" | "to" | "from"> {
  to?: string;
  from?: string;
}

/** Checks a port, a list or a range. @throws UfwError */
function ports(text: string, proto: string): string {
  const parts = text.split(",");
  if (parts.length > 15) throw new UfwError("Bad port");
  for (const part of parts) {
    const range = /^(\d+)(?::(\d+))?$/.exec(part);
    if (range === null) throw new UfwError("Bad port");
    const [first, last] = [Number(range[1]), Number(range[2] ?? range[1])];
    if (first < 1 || last > 65535 || (range[2] !== undefined && first >= last))
      throw new UfwError("Bad port");
  }
  if ((parts.length > 1 || text.includes(":")) && proto === "any")
    throw new UfwError("Must specify 'tcp' or 'udp' with multiple ports");
  return text;
}

/** An address or network in ufw's form: bits of the host part cleared. @throws UfwError */
function address(text: string, which: "source" | "destination"): string {
  const [ip = "", prefix, more] = text.split("/");
  const version = isIP(ip);
  const bad = new UfwError(`Bad ${which} address`);
  if (version === 0 || more !== undefined) throw bad;
  if (prefix === undefined) return ip;
  const size = version === 4 ? 32 : 128;
  const mask =
    version === 4 && isIP(prefix) === 4 ? maskLength(prefix) : /^\d+$/.test(prefix) ? Number(prefix) : -1;
  if (mask < 0 || mask > size) throw bad;
  if (version === 6) return mask === 128 ? ip : `${ip}/${mask}`;
  if (mask === 32) return ip;
  return networkOf(`${ip}/${mask}`);
}

function maskLength(mask: string): number {
  const bits = toNumber(mask).toString(2).padStart(32, "0");
  return /^1*0*$/.test(bits) ? bits.replaceAll("0", "").length : -1;
}

/** `22`, `22/tcp`, a service or a profile. */
function shortForm(draft: Draft, word: string, profiles: Profile[]): void {
  const profile = profiles.find(({ name }) => name === word);
  if (profile !== undefined) {
    draft.toApp = profile.name;
    return;
  }
  const [port = "", proto, more] = word.split("/");
  if (more !== undefined || (proto !== undefined && !["tcp", "udp"].includes(proto))) {
    throw new UfwError("Bad port");
  }
  const service = services[port];
  if (service !== undefined) {
    [draft.toPort] = service;
    draft.proto = proto ?? (service[1].length === 1 ? (service[1][0] ?? "any") : "any");
    return;
  }
  if (!/^[\d,:]+$/.test(port))
    throw new UfwError(proto === undefined ? `Could not find a profile matching '${word}'` : "Bad port");
  draft.proto = proto ?? "any";
  draft.toPort = ports(port, draft.proto);
}

/** Reads the words after `allow`, `deny`, `reject` or `limit`. @throws UfwError */
export function parseRule(action: Action, given: string[], route: boolean, profiles: Profile[]): Draft {
  const draft: Draft = {
    action,
    proto: "any",
    toPort: "any",
    fromPort: "any",
    direction: "in",
    ...(route ? { route: true } : {}),
  };
  let words = [...given];
  const at = words.indexOf("comment");
  if (at >= 0) {
    const text = words[at + 1];
    if (text === undefined) throw new UfwError("Option 'comment' missing required argument");
    draft.comment = text;
    words.splice(at, 2);
  }
  while ((words[0] === "in" || words[0] === "out") && (words[1] === "on" || !route)) {
    const direction = words[0];
    if (!route) draft.direction = direction;
    if (words[1] === "on") {
      const name = words[2];
      if (name === undefined || !/^[A-Za-z0-9_.+-]{1,15}$/.test(name))
        throw new UfwError(
          name === undefined ? "Invalid interface clause" : "Bad interface name: reserved character: '!'",
        );
      draft[direction === "in" ? "inOn" : "outOn"] = name;
      words = words.slice(3);
    } else words = words.slice(1);
  }
  if (words[0] === "log" || words[0] === "log-all") draft.log = words.shift() as "log" | "log-all";
  if (words.length === 0) {
    if (draft.inOn === undefined && draft.outOn === undefined) throw new UfwSyntaxError();
    return draft;
  }
  if (words.length === 1) {
    if (draft.inOn !== undefined || draft.outOn !== undefined || route) throw new UfwSyntaxError();
    shortForm(draft, words[0] ?? "", profiles);
    return draft;
  }
  fullForm(draft, words, profiles);
  return draft;
}

function fullForm(draft: Draft, words: string[], profiles: Profile[]): void {
  let side: "from" | "to" | undefined;
  const protoAt = words.indexOf("proto");
  if (protoAt >= 0) {
    const proto = words[protoAt + 1] ?? "";
    if (!protocols.includes(proto)) throw new UfwError(`Unsupported protocol '${proto}'`);
    draft.proto = proto;
  }
  if (
    !words.includes("from") &&
    !words.includes("to") &&
    draft.inOn === undefined &&
    draft.outOn === undefined
  )
    throw new UfwError("Need 'to' or 'from' clause");
  for (let index = 0; index < words.length; index += 2) {
    const [key = "", value] = [words[index], words[index + 1]];
    if (!["proto", "from", "to", "port", "app"].includes(key)) throw new UfwError(`Invalid token '${key}'`);
    if (value === undefined) throw new UfwError(`Invalid '${key}' clause`);
    if (key === "from" || key === "to") {
      side = key;
      if (value !== "any") draft[key] = address(value, key === "from" ? "source" : "destination");
    } else if (key === "port") {
      if (side === undefined) throw new UfwError("Need 'from' or 'to' with 'port'");
      const service = services[value];
      if (service !== undefined && draft.proto === "any" && service[1].length === 1)
        draft.proto = service[1][0] ?? "any";
      draft[side === "from" ? "fromPort" : "toPort"] = service?.[0] ?? ports(value, draft.proto);
    } else if (key === "app") {
      if (side === undefined) throw new UfwError("Need 'from' or 'to' with 'app'");
      if (protoAt >= 0) throw new UfwError("Improper rule syntax ('proto' specified with app rule)");
      if (!profiles.some(({ name }) => name === value))
        throw new UfwError(`Could not find a profile matching '${value}'`);
      draft[side === "from" ? "fromApp" : "toApp"] = value;
    }
  }
}

/** The rules that a draft stands for: for IPv4, for IPv6, or for both. @throws UfwError */
export function versions(draft: Draft): Rule[] {
  const kinds = [draft.to, draft.from]
    .filter((one) => one !== undefined)
    .map((one) => (one.includes(":") ? 6 : 4));
  if (new Set(kinds).size > 1) throw new UfwError("Mixed IP versions for 'from' and 'to'");
  const wanted = kinds[0] === undefined ? [false, true] : [kinds[0] === 6];
  return wanted.map((v6) => ({
    ...draft,
    to: draft.to ?? (v6 ? anyV6 : anyV4),
    from: draft.from ?? (v6 ? anyV6 : anyV4),
    v6,
  }));
}
