import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { measureMakespan, type Makespan } from "./graph";
import { labText, measureLab } from "./lab";
import { measureScale, type Scale } from "./scale";
import { nodeSeconds, pluginSeconds } from "./stack";

/** The most that a graph's makespan may be of its critical path. */
const LIMIT = 1.1;
const PARALLEL = 8;

const USAGE = `npm run bench [-- FLAGS]: what the lab costs: its engine, in seconds and in
starts of a bare node, and its host, over SSH.

  --quick      fewer resources and commands: under 40 s instead of 3 min
  --seed N     another random graph (default 1)
  --save       write bench/results.json as well
`;

interface Options {
  quick: boolean;
  save: boolean;
  seed: number;
}

/** @throws TypeError naming a flag that does not exist. */
function options(): Options | undefined {
  const { values } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      save: { type: "boolean", default: false },
      seed: { type: "string", default: "1" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return undefined;
  const seed = Number(values.seed);
  if (!Number.isInteger(seed)) throw new TypeError(`--seed takes an integer, not ${values.seed}`);
  return { quick: values.quick, save: values.save, seed };
}

async function main(): Promise<void> {
  let asked: Options | undefined;
  try {
    asked = options();
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${USAGE}`);
    process.exitCode = 2;
    return;
  }
  if (!asked) return void process.stdout.write(USAGE);
  const node = nodeSeconds();
  const plugin = await pluginSeconds();
  process.stdout.write(`node -e 0: ${node.toFixed(3)} s; plugin start: ${plugin.toFixed(3)} s\n\n`);
  const scales = (asked.quick ? [10, 100] : [10, 100, 1000]).map(measureScale);
  process.stdout.write(`${scaleTable(scales, node)}\n`);
  const makespan = measureMakespan(asked.quick ? 24 : 60, PARALLEL, asked.seed);
  process.stdout.write(makespanText(makespan));
  const lab = await measureLab(asked.quick);
  const { text, over } = lab
    ? labText(lab)
    : { text: "the lab's host was skipped: it needs root and an ssh client\n", over: [] };
  process.stdout.write(text);
  if (asked.save) {
    const results = {
      node: process.version,
      nodeSeconds: node,
      pluginSeconds: plugin,
      scales,
      makespan,
      lab,
    };
    writeFileSync(join(__dirname, "results.json"), `${JSON.stringify(results, null, 2)}\n`);
  }
  if (makespan.ratio > LIMIT) {
    process.stderr.write(
      `error: the makespan is ${makespan.ratio.toFixed(2)} of the critical path, over ${LIMIT}\n`,
    );
    process.exitCode = 1;
  }
  if (over.length > 0) {
    process.stderr.write(`error: over the limit of the lab's host: ${over.join(", ")}\n`);
    process.exitCode = 1;
  }
}

const COLUMNS = ["previewNew", "firstUp", "preview", "noChangeUp"] as const;
const TITLES = ["preview (new)", "first up", "preview", "no-change up"];

/** Seconds; behind them how many starts of a bare node that is, and how much dearer than the smallest stack. */
function scaleTable(scales: Scale[], node: number): string {
  const [least] = scales;
  const row = (cells: string[]): string =>
    `${cells.map((cell, i) => (i ? cell.padStart(26) : cell.padStart(9))).join("")}\n`;
  const rows = scales.map((s) =>
    row([
      String(s.resources),
      ...COLUMNS.map((c) => {
        const growth = least ? s[c] / least[c] : NaN;
        return `${s[c].toFixed(2)} s ${(s[c] / node).toFixed(0)}× node ${growth.toFixed(1)}×`;
      }),
    ]),
  );
  return row(["resources", ...TITLES]) + rows.join("");
}

function makespanText(m: Makespan): string {
  return (
    `${m.commands} sleeping commands, --parallel ${m.parallel}, seed ${m.seed}: ${m.seconds.toFixed(2)} s, ` +
    `critical path ${m.criticalSeconds.toFixed(2)} s, ratio ${m.ratio.toFixed(3)} (at most ${LIMIT.toFixed(2)})\n`
  );
}

void main();
