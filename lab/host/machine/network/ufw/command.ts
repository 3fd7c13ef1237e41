/** The command ufw (0.36.2, Debian 13): answers as src/frontend.py and src/backend_iptables.py give them. */
import type { Answer, Call, Command, Host } from "../../../types";
import { networkChanged } from "../changes";
import { type Draft, parseRule, UfwError, UfwSyntaxError, versions } from "./parse";
import { asCommand, showAdded, status } from "./show";
import { syntaxError } from "./usage";
import {
  type Action,
  type Chain,
  isEnabled,
  policy,
  profiles,
  readRules,
  type Rule,
  rulesText,
  setEnabled,
  setLogLevel,
  setPolicy,
  writeRules,
} from "./rules";

const actions = ["allow", "deny", "reject", "limit"];

export const ufw: Command = async (host, call) => {
  const words = [...call.args];
  if (words.length === 0) return syntaxError("not enough args");
  let [dry, force] = [false, false];
  while (words[0]?.startsWith("--")) {
    const option = words.shift();
    if (option === "--dry-run") dry = true;
    else if (option === "--force") force = true;
    else if (option === "--version")
      return { code: 0, stdout: "ufw 0.36.2\nCopyright 2008-2023 Canonical Ltd.\n" };
    else return syntaxError();
  }
  try {
    const answer = await run(host, call, words, dry, force);
    if (!dry) networkChanged(host);
    return answer;
  } catch (error) {
    if (error instanceof UfwSyntaxError) return syntaxError();
    if (!(error instanceof UfwError)) throw error;
    return { code: 1, stderr: `ERROR: ${error.message}\n` };
  }
};

const say = (stdout: string): Answer => ({ code: 0, stdout });

async function confirmed(call: Call, force: boolean): Promise<boolean> {
  return force || /^y/i.test((await call.stdin()).toString().trim());
}

async function run(host: Host, call: Call, words: string[], dry: boolean, force: boolean): Promise<Answer> {
  const { root } = host;
  const [verb = "", ...rest] = words;
  switch (verb) {
    case "status":
      if (rest.length > 1 || (rest[0] !== undefined && rest[0] !== "verbose" && rest[0] !== "numbered"))
        throw new UfwSyntaxError();
      return say(status(root, rest[0] ?? "plain"));
    case "show":
      if (rest[0] === "added" && rest.length === 1) return say(showAdded(root));
      return { code: 1, stderr: `ufw: the lab does not simulate show ${rest.join(" ")}\n` };
    case "enable": {
      let question = "";
      if (!force && !isEnabled(root)) {
        question = "Command may disrupt existing ssh connections. Proceed with operation (y|n)? ";
        if (!(await confirmed(call, force))) return say(`${question}Aborted\n`);
      }
      if (!dry) setEnabled(root, true);
      return say(`${question}Firewall is active and enabled on system startup\n`);
    }
    case "disable":
      if (!dry) setEnabled(root, false);
      return say("Firewall stopped and disabled on system startup\n");
    case "reload":
      return say(isEnabled(root) ? "Firewall reloaded\n" : "Firewall not enabled (skipping reload)\n");
    case "reset": {
      const question = force
        ? ""
        : "Resetting all rules to installed defaults. Proceed with operation (y|n)? ";
      if (!(await confirmed(call, force))) return say(`${question}Aborted\n`);
      if (!dry) {
        setEnabled(root, false);
        writeRules(root, []);
        for (const [chain, word] of [
          ["incoming", "deny"],
          ["outgoing", "allow"],
          ["routed", "deny"],
        ] as const)
          setPolicy(root, chain, word);
      }
      return say(question);
    }
    case "logging": {
      const level = rest[0] === "on" ? "low" : rest[0];
      if (level === undefined || !["off", "low", "medium", "high", "full"].includes(level))
        throw new UfwError("Invalid log level");
      if (!dry) setLogLevel(root, level);
      return say(level === "off" ? "Logging disabled\n" : "Logging enabled\n");
    }
    case "default":
      return setDefault(root, rest, dry);
    case "app":
      return app(root, rest);
    case "delete":
      return remove(host, call, rest, dry, force);
    case "insert":
    case "prepend":
      return insert(root, verb, rest, dry);
    case "route": {
      if (rest[0] === "delete") {
        if (rest.length === 2 && /^\d+$/.test(rest[1] ?? ""))
          throw new UfwError("'route delete NUM' unsupported. Use 'delete NUM' instead.");
        return removeRule(root, ["route", ...rest.slice(1)], dry);
      }
      return add(root, draftOf(root, words), dry);
    }
    default:
      if (actions.includes(verb)) return add(root, draftOf(root, words), dry);
      return syntaxError();
  }
}

function setDefault(root: string, [word = "", chain = "incoming", ...more]: string[], dry: boolean): Answer {
  const names: Record<string, Chain> = {
    incoming: "incoming",
    input: "incoming",
    outgoing: "outgoing",
    output: "outgoing",
    routed: "routed",
    forward: "routed",
  };
  const found = names[chain];
  if (!["allow", "deny", "reject"].includes(word) || found === undefined || more.length > 0)
    throw new UfwSyntaxError();
  if (!dry) setPolicy(root, found, word);
  return say(
    `Default ${found} policy changed to '${dry ? word : policy(root, found)}'\n(be sure to update your rules accordingly)\n`,
  );
}

function draftOf(root: string, words: string[]): Draft {
  const route = words[0] === "route";
  const [action = "", ...rest] = route ? words.slice(1) : words;
  if (!actions.includes(action)) throw new UfwSyntaxError();
  return parseRule(action as Action, rest, route, profiles(root));
}

/** The same traffic: rules that differ only in action or comment stand in each other's place. */
const traffic = (rule: Rule) =>
  asCommand({ ...rule, action: "allow", comment: undefined, log: undefined }).replace(
    / comment 'undefined'$/,
    "",
  ) + String(rule.v6);
const suffix = (rule: Rule) => (rule.v6 ? " (v6)" : "");

function add(root: string, draft: Draft, dry: boolean, position?: number): Answer {
  const rules = readRules(root);
  const lines: string[] = [];
  let changed = false;
  for (const rule of versions(draft)) {
    const same = rules.findIndex((one) => traffic(one) === traffic(rule));
    const old = rules[same];
    if (
      old !== undefined &&
      old.action === rule.action &&
      old.comment === rule.comment &&
      old.log === rule.log &&
      position === undefined
    ) {
      lines.push(`Skipping adding existing rule${suffix(rule)}`);
      continue;
    }
    if (old !== undefined && position !== undefined) {
      lines.push(`Skipping inserting existing rule${suffix(rule)}`);
      continue;
    }
    changed = true;
    if (old !== undefined) rules[same] = rule;
    else if (position === undefined) rules.push(rule);
    else {
      const own = rules.filter((one) => one.v6 === rule.v6);
      const before = rule.v6 ? own[0] : (rules[position - 1] ?? own[0]);
      const at = before === undefined ? rules.length : rules.indexOf(before);
      rules.splice(at, 0, rule);
    }
    const verb = old !== undefined ? "updated" : position === undefined ? "added" : "inserted";
    lines.push(isEnabled(root) ? `Rule ${verb}${suffix(rule)}` : `Rules updated${suffix(rule)}`);
  }
  const ordered = [...rules.filter(({ v6 }) => !v6), ...rules.filter(({ v6 }) => v6)];
  if (dry && changed)
    return say(`${rulesText(ordered, false)}${rulesText(ordered, true)}${lines.join("\n")}\n`);
  if (changed) writeRules(root, ordered);
  return say(lines.map((line) => `${line}\n`).join(""));
}

function insert(root: string, verb: string, words: string[], dry: boolean): Answer {
  const [number = "", ...rest] = verb === "insert" ? words : ["1", ...words];
  const count = readRules(root).length;
  if (!/^\d+$/.test(number)) throw new UfwSyntaxError();
  if (verb === "insert" && (Number(number) < 1 || Number(number) > count))
    throw new UfwError(`Invalid position '${number}'`);
  return add(root, draftOf(root, rest), dry, Number(number));
}

async function remove(
  host: Host,
  call: Call,
  words: string[],
  dry: boolean,
  force: boolean,
): Promise<Answer> {
  const { root } = host;
  if (words.length === 0) throw new UfwSyntaxError();
  // `route delete RULE` is the only order that ufw's parser knows.
  if (words[0] === "route") return syntaxError();
  if (words.length > 1 || !/^\d+$/.test(words[0] ?? "")) return removeRule(root, words, dry);
  const rules = readRules(root);
  const rule = rules[Number(words[0]) - 1];
  if (rule === undefined) throw new UfwError(`Could not find rule '${words[0] ?? ""}'`);
  const question = force ? "" : `Deleting:\n ${asCommand(rule)}\nProceed with operation (y|n)? `;
  if (!(await confirmed(call, force))) return say(`${question}Aborted\n`);
  if (!dry)
    writeRules(
      root,
      rules.filter((one) => one !== rule),
    );
  return say(`${question}${isEnabled(root) ? "Rule deleted" : "Rules updated"}${suffix(rule)}\n`);
}

function removeRule(root: string, words: string[], dry: boolean): Answer {
  const rules = readRules(root);
  const lines: string[] = [];
  let left = rules;
  for (const rule of versions(draftOf(root, words))) {
    const found = left.find((one) => one.action === rule.action && traffic(one) === traffic(rule));
    left = left.filter((one) => one !== found);
    lines.push(
      found === undefined
        ? `Could not delete non-existent rule${suffix(rule)}`
        : `${isEnabled(root) ? "Rule deleted" : "Rules updated"}${suffix(rule)}`,
    );
  }
  if (!dry && left.length !== rules.length) writeRules(root, left);
  return say(lines.map((line) => `${line}\n`).join(""));
}

function app(root: string, [verb = "", name = ""]: string[]): Answer {
  const all = profiles(root);
  if (verb === "list")
    return say(["Available applications:", ...all.map((one) => `  ${one.name}`), ""].join("\n"));
  const found = all.find((one) => one.name === name);
  if (verb === "info" || verb === "update") {
    if (found === undefined) throw new UfwError(`Could not find profile '${name}'`);
    if (verb === "update") return say("");
    const ports = found.ports.map((port) => `  ${port}`);
    return say(
      [
        `Profile: ${found.name}`,
        `Title: ${found.title}`,
        `Description: ${found.description}`,
        "",
        ports.length > 1 || /,/.test(ports[0] ?? "") ? "Ports:" : "Port:",
        ...ports,
        "",
      ].join("\n"),
    );
  }
  throw new UfwSyntaxError();
}
