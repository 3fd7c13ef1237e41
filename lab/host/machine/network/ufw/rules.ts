/** ufw's rules and settings in its own files below /etc/ufw: what is there is what counts. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { inRoot } from "../../confined";

export type Action = "allow" | "deny" | "reject" | "limit";

export interface Rule {
  action: Action;
  route?: boolean;
  log?: "log" | "log-all";
  proto: string;
  to: string;
  toPort: string;
  toApp?: string;
  from: string;
  fromPort: string;
  fromApp?: string;
  direction: "in" | "out";
  inOn?: string;
  outOn?: string;
  v6: boolean;
  comment?: string;
}

export const anyV4 = "0.0.0.0/0";
export const anyV6 = "::/0";
export const isAny = (address: string) => address === anyV4 || address === anyV6;

const file = (v6: boolean) => `/etc/ufw/user${v6 ? "6" : ""}.rules`;

/** A rule's line in user.rules, as ufw 0.36 writes it. */
function tuple(rule: Rule): string {
  const {
    action,
    route,
    log,
    proto,
    to,
    toPort,
    from,
    fromPort,
    toApp,
    fromApp,
    inOn,
    outOn,
    direction,
    comment,
  } = rule;
  const where = [
    ...(inOn === undefined ? [] : [`in_${inOn}`]),
    ...(outOn === undefined ? [] : [`out_${outOn}`]),
  ];
  const apps =
    toApp === undefined && fromApp === undefined
      ? []
      : [(toApp ?? "-").replaceAll(" ", "%20"), (fromApp ?? "-").replaceAll(" ", "%20")];
  const text = comment === undefined ? [] : [`comment=${Buffer.from(comment).toString("hex")}`];
  const verb = `${route ? "route:" : ""}${action}${log === undefined ? "" : `_${log}`}`;
  return [
    "### tuple ###",
    verb,
    proto,
    toPort,
    to,
    fromPort,
    from,
    ...apps,
    where.length > 0 ? where.join("!") : direction,
    ...text,
  ].join(" ");
}

function parse(line: string, v6: boolean): Rule | undefined {
  const words = line.replace(/^### tuple ### /, "").split(" ");
  const comment = words.at(-1)?.startsWith("comment=")
    ? Buffer.from(words.pop()?.slice(8) ?? "", "hex").toString()
    : undefined;
  const [verb = "", proto = "any", toPort = "any", to = "", fromPort = "any", from = "", ...rest] = words;
  const where = rest.pop() ?? "in";
  const [toApp, fromApp] = rest.map((word) => word.replaceAll("%20", " "));
  const [, route, action, log] = /^(route:)?(allow|deny|reject|limit)(?:_(log|log-all))?$/.exec(verb) ?? [];
  if (action === undefined) return undefined;
  const inOn = /(?:^|!)in_([^!]+)/.exec(where)?.[1];
  const outOn = /(?:^|!)out_([^!]+)/.exec(where)?.[1];
  return {
    ...{ action: action as Action, proto, to, toPort, from, fromPort, v6 },
    direction:
      where === "out" || (outOn !== undefined && inOn === undefined && route === undefined) ? "out" : "in",
    ...(route === undefined ? {} : { route: true }),
    ...(log === undefined ? {} : { log: log as "log" | "log-all" }),
    ...(toApp !== undefined && toApp !== "-" ? { toApp } : {}),
    ...(fromApp !== undefined && fromApp !== "-" ? { fromApp } : {}),
    ...(inOn === undefined ? {} : { inOn }),
    ...(outOn === undefined ? {} : { outOn }),
    ...(comment === undefined ? {} : { comment }),
  };
}

/** All rules, those for IPv4 first. */
export function readRules(root: string): Rule[] {
  return [false, true].flatMap((v6) => {
    const path = inRoot(root, file(v6));
    if (!existsSync(path)) return [];
    const lines = readFileSync(path, "utf8")
      .split("\n")
      .filter((line) => line.startsWith("### tuple ### "));
    return lines.map((line) => parse(line, v6)).filter((rule) => rule !== undefined);
  });
}

const target = { allow: "ACCEPT", deny: "DROP", reject: "REJECT", limit: "ufw-user-limit-accept" };

function line(rule: Rule): string {
  const chain = `ufw${rule.v6 ? "6" : ""}-user-${rule.route ? "forward" : rule.direction === "in" ? "input" : "output"}`;
  const words = [`-A ${chain}`];
  if (rule.inOn !== undefined) words.push(`-i ${rule.inOn}`);
  if (rule.outOn !== undefined) words.push(`-o ${rule.outOn}`);
  if (rule.proto !== "any") words.push(`-p ${rule.proto}`);
  if (!isAny(rule.to)) words.push(`-d ${rule.to}`);
  if (rule.toPort !== "any")
    words.push(/[,:]/.test(rule.toPort) ? `-m multiport --dports ${rule.toPort}` : `--dport ${rule.toPort}`);
  if (!isAny(rule.from)) words.push(`-s ${rule.from}`);
  if (rule.fromPort !== "any") words.push(`--sport ${rule.fromPort}`);
  return `${words.join(" ")} -j ${target[rule.action]}`;
}

/** The text of user.rules or user6.rules. */
export function rulesText(rules: Rule[], v6: boolean): string {
  const name = v6 ? "ufw6" : "ufw";
  const chains = ["input", "output", "forward"].map((chain) => `:${name}-user-${chain} - [0:0]`);
  const own = rules.filter((rule) => rule.v6 === v6);
  return [
    "*filter",
    ...chains,
    "### RULES ###",
    ...own.flatMap((rule) => ["", tuple(rule), line(rule)]),
    "",
    "### END RULES ###",
    "COMMIT",
    "",
  ].join("\n");
}

export function writeRules(root: string, rules: Rule[]): void {
  mkdirSync(inRoot(root, "/etc/ufw"), { recursive: true });
  for (const v6 of [false, true])
    writeFileSync(inRoot(root, file(v6)), rulesText(rules, v6), { mode: 0o640 });
}

/** A setting of a shell-like file; undefined when it is not there. */
function setting(root: string, path: string, key: string): string | undefined {
  const full = inRoot(root, path);
  if (!existsSync(full)) return undefined;
  const found = new RegExp(`^${key}=["']?([^"'\\n]*)`, "m").exec(readFileSync(full, "utf8"));
  return found?.[1];
}

function change(root: string, path: string, key: string, value: string): void {
  const full = inRoot(root, path);
  const text = existsSync(full) ? readFileSync(full, "utf8") : "";
  const wanted = `${key}=${value}`;
  const pattern = new RegExp(`^${key}=.*$`, "m");
  writeFileSync(full, pattern.test(text) ? text.replace(pattern, wanted) : `${text}${wanted}\n`);
}

export const isEnabled = (root: string): boolean => setting(root, "/etc/ufw/ufw.conf", "ENABLED") === "yes";
export const setEnabled = (root: string, on: boolean): void =>
  change(root, "/etc/ufw/ufw.conf", "ENABLED", on ? "yes" : "no");
export const logLevel = (root: string): string => setting(root, "/etc/ufw/ufw.conf", "LOGLEVEL") ?? "low";
export const setLogLevel = (root: string, level: string): void =>
  change(root, "/etc/ufw/ufw.conf", "LOGLEVEL", level);

const chainKey = {
  incoming: "DEFAULT_INPUT_POLICY",
  outgoing: "DEFAULT_OUTPUT_POLICY",
  routed: "DEFAULT_FORWARD_POLICY",
};
export type Chain = keyof typeof chainKey;
const toWord: Record<string, string> = { ACCEPT: "allow", DROP: "deny", REJECT: "reject" };

/** `allow`, `deny` or `reject`. */
export function policy(root: string, chain: Chain): string {
  return (
    toWord[setting(root, "/etc/default/ufw", chainKey[chain]) ?? ""] ??
    (chain === "outgoing" ? "allow" : "deny")
  );
}

export function setPolicy(root: string, chain: Chain, word: string): void {
  const value = Object.entries(toWord).find(([, name]) => name === word)?.[0] ?? "DROP";
  change(root, "/etc/default/ufw", chainKey[chain], `"${value}"`);
}

export interface Profile {
  name: string;
  title: string;
  description: string;
  /** Such as `137,138/udp`. */
  ports: string[];
}

/** Profiles of /etc/ufw/applications.d, by name. */
export function profiles(root: string): Profile[] {
  const folder = inRoot(root, "/etc/ufw/applications.d");
  if (!existsSync(folder)) return [];
  const found = readdirSync(folder)
    .sort()
    .flatMap((name) => {
      const text = readFileSync(`${folder}/${name}`, "utf8");
      return text
        .split(/^\[/m)
        .slice(1)
        .map((block): Profile => {
          const value = (key: string) => new RegExp(`^${key}=(.*)$`, "m").exec(block)?.[1]?.trim() ?? "";
          return {
            name: block.slice(0, block.indexOf("]")),
            title: value("title"),
            description: value("description"),
            ports: value("ports").split("|"),
          };
        });
    });
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}
