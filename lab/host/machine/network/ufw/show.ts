/** `ufw status` and `ufw show added`. */
import { isEnabled, isAny, logLevel, policy, readRules, type Rule } from "./rules";

const quoted = (name: string) => (name.includes(" ") ? `'${name}'` : name);

/** The command that would make a rule, without `ufw`. */
export function asCommand(rule: Rule): string {
  const {
    action,
    direction,
    log,
    proto,
    to,
    toPort,
    toApp,
    from,
    fromPort,
    fromApp,
    inOn,
    outOn,
    route,
    comment,
  } = rule;
  const note = comment === undefined ? "" : ` comment '${comment}'`;
  const mark = log === undefined ? "" : ` ${log}`;
  const bare =
    inOn === undefined &&
    outOn === undefined &&
    isAny(to) &&
    isAny(from) &&
    fromPort === "any" &&
    fromApp === undefined;
  if (bare && (toApp !== undefined || toPort !== "any") && route !== true) {
    const what = toApp === undefined ? `${toPort}${proto === "any" ? "" : `/${proto}`}` : quoted(toApp);
    return `${action}${direction === "out" ? " out" : ""}${mark} ${what}${note}`;
  }
  let text = `${route ? "route " : ""}${action}`;
  if (inOn !== undefined) text += ` in on ${inOn}`;
  if (outOn !== undefined) text += ` out on ${outOn}`;
  if (inOn === undefined && outOn === undefined && direction === "out") text += " out";
  text += mark;
  for (const [word, place, port, app] of [
    ["from", from, fromPort, fromApp],
    ["to", to, toPort, toApp],
  ] as const) {
    if (isAny(place) && port === "any" && app === undefined) continue;
    text += ` ${word} ${isAny(place) ? "any" : place}`;
    if (app !== undefined) text += ` app ${quoted(app)}`;
    else if (port !== "any") text += ` port ${port}`;
  }
  if (!/ (from|to) /.test(text) && inOn === undefined && outOn === undefined) text += " to any";
  if (proto !== "any" && toApp === undefined && fromApp === undefined) text += ` proto ${proto}`;
  return text + note;
}

/** `ufw show added`: each rule once, whatever versions of IP it counts for. */
export function showAdded(root: string): string {
  const lines = [...new Set(readRules(root).map((rule) => `ufw ${asCommand(rule)}`))];
  return [
    "Added user rules (see 'ufw status' for running firewall):",
    ...(lines.length > 0 ? lines : ["(None)"]),
    "",
  ].join("\n");
}

function place(rule: Rule, side: "to" | "from"): string {
  const [where, port, app, on] =
    side === "to"
      ? [rule.to, rule.toPort, rule.toApp, rule.route ? rule.outOn : rule.inOn]
      : [rule.from, rule.fromPort, rule.fromApp, rule.route ? rule.inOn : rule.outOn];
  const words: string[] = [];
  if (!isAny(where)) words.push(where);
  if (app !== undefined) words.push(app);
  else if (port !== "any") words.push(`${port}${rule.proto === "any" ? "" : `/${rule.proto}`}`);
  if (words.length === 0) words.push("Anywhere");
  if (
    words[0] === "Anywhere" &&
    side === "to" &&
    rule.proto !== "any" &&
    rule.toPort === "any" &&
    rule.fromPort === "any"
  )
    words[0] = `Anywhere/${rule.proto}`;
  // A port needs it only where no address of the rule shows the version.
  const shown = words[0]?.startsWith("Anywhere") !== true && !(isAny(rule.to) && isAny(rule.from));
  if (rule.v6 && isAny(where) && !shown) words.push("(v6)");
  if (on !== undefined) words.push("on", on);
  return words.join(" ");
}

/** Lines of the table; `direction` adds IN to what comes in, `numbered` tells what goes out at the end. */
function rows(rules: Rule[], direction: boolean, numbered = false): string[] {
  return rules.map((rule) => {
    const way = rule.route ? " FWD" : rule.direction === "out" ? " OUT" : direction ? " IN" : "";
    const comment = rule.comment === undefined ? "" : ` # ${rule.comment}`;
    const out = numbered && !rule.route && rule.direction === "out" ? " (out)" : "";
    return `${place(rule, "to").padEnd(26)} ${`${rule.action.toUpperCase()}${way}`.padEnd(12)}${place(rule, "from").padEnd(26)}${out}${comment}`;
  });
}

export function status(root: string, how: "plain" | "verbose" | "numbered"): string {
  if (!isEnabled(root)) return "Status: inactive\n";
  const lines = ["Status: active"];
  if (how === "verbose") {
    const level = logLevel(root);
    lines.push(`Logging: ${level === "off" ? "off" : `on (${level})`}`);
    const routed = policy(root, "routed");
    lines.push(
      `Default: ${policy(root, "incoming")} (incoming), ${policy(root, "outgoing")} (outgoing), ${routed === "deny" ? "disabled" : routed} (routed)`,
      "New profiles: skip",
    );
  }
  const rules = readRules(root);
  const table = rows(rules, how !== "plain", how === "numbered");
  if (table.length > 0) {
    const pad = how === "numbered" ? "     " : "";
    lines.push(
      "",
      `${pad}To                         Action      From`,
      `${pad}--                         ------      ----`,
    );
    if (how === "numbered")
      lines.push(...table.map((row, index) => `[${String(index + 1).padStart(2)}] ${row}`), "");
    else {
      // What comes in, what goes out, and what is passed on, apart from each other.
      const kind = (rule: Rule) => (rule.route ? 2 : rule.direction === "out" ? 1 : 0);
      for (const group of [0, 1, 2]) {
        const some = table.filter((_, index) => kind(rules[index] as Rule) === group);
        if (some.length > 0) lines.push(...some, "");
      }
    }
  }
  return `${lines.join("\n")}\n`;
}
