import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BenchStack } from "./stack";

/** A command that sleeps, once those it needs (by index, all smaller) are done. */
interface Sleeper {
  seconds: number;
  needs: number[];
}

export interface Makespan {
  commands: number;
  parallel: number;
  seed: number;
  /** No schedule can be faster: the longest chain, or all work shared evenly. */
  criticalSeconds: number;
  /** From the first command's begin to the last one's end, by the commands' own clocks. */
  seconds: number;
  ratio: number;
}

/** Runs a random graph of sleeping commands and compares its makespan with its critical path. */
export function measureMakespan(commands: number, parallel: number, seed: number): Makespan {
  const graph = randomGraph(commands, seed);
  const stack = new BenchStack(PROGRAM);
  try {
    writeFileSync(join(stack.folder, "graph.json"), JSON.stringify(graph));
    stack.run("up", "--yes", "--skip-preview", "--parallel", String(parallel));
    const clocks = readFileSync(join(stack.folder, "clocks"), "utf8").trim().split("\n").map(Number);
    if (clocks.length !== commands * 2)
      throw new Error(`${clocks.length} times noted, not two for each of ${commands} commands`);
    const seconds = clocks.reduce((a, b) => Math.max(a, b)) - clocks.reduce((a, b) => Math.min(a, b));
    const criticalSeconds = criticalPath(graph, parallel);
    return { commands, parallel, seed, criticalSeconds, seconds, ratio: seconds / criticalSeconds };
  } finally {
    stack.remove();
  }
}

// bash knows the time without another process.
const PROGRAM = `
const clock = "LC_ALL=C; echo $EPOCHREALTIME >> " + process.cwd() + "/clocks";
const made = [];
for (const [i, { seconds, needs }] of require("./graph.json").entries()) {
  const create = clock + "; sleep " + seconds + "; " + clock;
  const dependsOn = needs.map((k) => made[k]);
  made.push(new local.Command("s" + i, { create, interpreter: ["/bin/bash", "-c"] }, { dependsOn }));
}
`;

/** Each command sleeps 0.3 to 1 s and needs up to three of those before it; the same for the same seed. */
export function randomGraph(count: number, seed: number): Sleeper[] {
  const random = mulberry32(seed);
  return Array.from({ length: count }, (_, i) => {
    const needs = new Set<number>();
    for (let k = Math.floor(random() * 4); k > 0 && i > 0; k--) needs.add(Math.floor(random() * i));
    return { seconds: Math.round(300 + random() * 700) / 1000, needs: [...needs] };
  });
}

/** The lower bound of list scheduling: max(longest chain, total / parallel), in seconds. */
export function criticalPath(graph: Sleeper[], parallel: number): number {
  const ends: number[] = [];
  for (const { seconds, needs } of graph) ends.push(seconds + Math.max(0, ...needs.map((k) => ends[k] ?? 0)));
  const total = graph.reduce((sum, s) => sum + s.seconds, 0);
  return Math.max(total / parallel, ...ends);
}

/** A small generator of numbers in [0, 1) that a seed repeats. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
