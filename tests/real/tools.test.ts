/** Every Debian tool that a script calls and the lab imitates, judged by the real one. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { commands } from "../../lab/host/machine/commands";
import { nodePackages } from "../../lab/host/machine/packages";
import { Node, noLab } from "../scripts/node";
import { callsOf } from "./calls";
import { onLab, onRealTools, type Outcome } from "./judge";
import { callsNotHere, scenarios, toolsNotHere, wrappers } from "./table";

/** Tools that the lab runs as this machine's own program, or has whole: nothing is imitated. */
const own = Object.values(nodePackages)
  .flatMap((entry) => Object.entries(entry.commands ?? {}))
  .filter(([, command]) => command.real !== undefined)
  .map(([name]) => name);
const imitated = new Set([...Object.keys(commands), ...wrappers].filter((name) => !own.includes(name)));

describe("the table of calls", () => {
  const calls = callsOf(imitated);
  const written = new Set(calls.map(({ text }) => text));
  const judged = new Set(scenarios.flatMap(({ cases }) => cases.flatMap(({ of = [] }) => of)));
  const notHere = (text: string, tool: string) => text in callsNotHere || tool in toolsNotHere;

  it("has every call that a script makes of a tool that the lab imitates", () => {
    const missing = calls.filter(({ text, tool }) => !judged.has(text) && !notHere(text, tool));
    assert.deepEqual(
      missing.map(({ text, script }) => `${script}: ${text}`),
      [],
      "give each a line in tests/real/table, or say there why it cannot be judged",
    );
  });

  it("has no call that no script makes any more", () => {
    const gone = [...judged, ...Object.keys(callsNotHere)].filter((text) => !written.has(text));
    assert.deepEqual(gone, []);
    const tools = new Set(calls.map(({ tool }) => tool));
    assert.deepEqual(
      Object.keys(toolsNotHere).filter((tool) => !tools.has(tool)),
      [],
    );
  });

  it("is read from the scripts as bash reads them", () => {
    // One of each kind: a pipe, a condition, a substitution, a function's body, behind a runner, in quoted scripts.
    for (const text of [
      "lspci -D",
      'systemctl is-active --quiet "$unit"',
      'pdbedit -L -w -u "$1"',
      'apt-get -y -q -o "DPkg::Lock::Timeout=$((left > 0 ? left : 1))" "$@"',
      "systemctl reboot",
      "systemctl is-system-running",
    ])
      assert.ok(written.has(text), text);
  });

  const reasons = Object.entries({ ...toolsNotHere, ...callsNotHere });
  for (const reason of new Set(reasons.map(([, why]) => why))) {
    const names = reasons.filter(([, why]) => why === reason).map(([name]) => name);
    it(`not judged here: ${names.join(", ")}`, { skip: reason }, () => undefined);
  }
});

describe("the lab's tools beside Debian's own", { skip: noLab }, () => {
  let node!: Node;
  before(async () => {
    node = await Node.start();
  });
  after(() => node.stop());

  for (const {
    tool,
    programs,
    package: name,
    real = "",
    lab = "",
    even = (text: string) => text,
    cases,
  } of scenarios) {
    const missing = programs.filter((path) => !existsSync(path));
    const skip = missing.length > 0 && `${missing.join(" and ")} (${name}) is not installed on this machine`;
    it(`${tool}: ${cases.length} lines answer alike`, { skip }, async () => {
      const lines = cases.map(({ line }) => line);
      const theirs = onRealTools(real, lines);
      const ours = await onLab(node, lab, lines);
      const seen = ({ line, code, stdout, stderr }: Outcome, index: number) => {
        const compare = cases[index]?.compare ?? "all";
        return {
          line,
          code,
          ...(compare === "all" || compare === "stdout" ? { stdout: even(stdout) } : {}),
          ...(compare === "all" || compare === "stderr" ? { stderr: even(stderr) } : {}),
        };
      };
      assert.deepEqual(ours.map(seen), theirs.map(seen));
    });
  }
});
