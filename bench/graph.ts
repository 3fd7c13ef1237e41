import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BenchStack, median } from "./stack";

/** A command that sleeps, once those it needs (by index, all smaller) are done. */
interface Sleeper {
  seconds: number;
  needs: number[];
}

export interface Makespan {
  commands: number;
  parallel: number;
  seed: number;
  /** No schedule can be faster: the longest chain of the sleeps asked for, or all of them shared evenly. */
  criticalSeconds: number;
  /** What first come, first served takes without any cost: whoever runs the graph knows no durations ahead. */
  idealSeconds: number;
  /** From the first command's begin to the last one's end, by the commands' own clocks. */
  seconds: number;
  /** `seconds` of `criticalSeconds`, and of `idealSeconds`. */
  ofCritical: number;
  ofIdeal: number;
  /** From the last end of what a command needs to its own begin: the median of those that need something. */
  handoverMilliseconds: number;
}

/** Runs a random graph of sleeping commands and compares its makespan with its critical path. */
export function measureMakespan(commands: number, parallel: number, seed: number): Makespan {
  const graph = randomGraph(commands, seed);
  const stack = new BenchStack(PROGRAM);
  try {
    writeFileSync(join(stack.folder, "graph.json"), JSON.stringify(graph));
    stack.run("up", "--yes", "--skip-preview", "--parallel", String(parallel));
    const runs = clocks(readFileSync(join(stack.folder, "clocks"), "utf8"), commands);
    const seconds = Math.max(...runs.map((r) => r.end)) - Math.min(...runs.map((r) => r.begin));
    const handovers = graph.flatMap(({ needs }, i) =>
      needs.length ? [at(runs, i).begin - Math.max(...needs.map((k) => at(runs, k).end))] : [],
    );
    const criticalSeconds = criticalPath(graph, parallel);
    const idealSeconds = firstComeFirstServed(graph, parallel);
    return {
      commands,
      parallel,
      seed,
      criticalSeconds,
      idealSeconds,
      seconds,
      ofCritical: seconds / criticalSeconds,
      ofIdeal: seconds / idealSeconds,
      handoverMilliseconds: median(handovers) * 1000,
    };
  } finally {
    stack.remove();
  }
}

interface Run {
  begin: number;
  end: number;
}

/** @throws Error unless every command noted its begin and its end, once. */
function clocks(text: string, commands: number): Run[] {
  const noted = text.trim().split("\n");
  const found = Array.from({ length: commands }, (_, i) => {
    const of = noted.filter((line) => line.startsWith(`${i} `)).map((line) => Number(line.split(" ")[1]));
    if (of.length !== 2) throw new Error(`${of.length} times noted of command ${i}, not two`);
    return { begin: Math.min(...of), end: Math.max(...of) };
  });
  return found;
}

function at(runs: Run[], i: number): Run {
  const found = runs[i];
  if (!found) throw new RangeError(`no command ${i}`);
  return found;
}

// bash knows the time without another process.
const PROGRAM = `
const made = [];
for (const [i, { seconds, needs }] of require("./graph.json").entries()) {
  const clock = "LC_ALL=C; echo " + i + " $EPOCHREALTIME >> " + process.cwd() + "/clocks";
  const create = clock + "; sleep " + seconds + "; " + clock;
  const dependsOn = needs.map((k) => made[k]);
  made.push(new local.Command("s" + i, { create, interpreter: ["/bin/bash", "-c"] }, { dependsOn }));
}
`;

/**
 * Each command sleeps 0.3 to 1.5 s, so that what is measured is not the start of processes, and needs up to three
 * of those before it; the same for the same seed.
 */
export function randomGraph(count: number, seed: number): Sleeper[] {
  const random = mulberry32(seed);
  return Array.from({ length: count }, (_, i) => {
    const needs = new Set<number>();
    for (let k = Math.floor(random() * 4); k > 0 && i > 0; k--) needs.add(Math.floor(random() * i));
    return { seconds: Math.round(300 + random() * 1200) / 1000, needs: [...needs] };
  });
}

/** What no schedule can be faster than: max(longest chain, total / parallel), in seconds. */
export function criticalPath(graph: Sleeper[], parallel: number): number {
  const ends: number[] = [];
  for (const { seconds, needs } of graph) ends.push(seconds + Math.max(0, ...needs.map((k) => ends[k] ?? 0)));
  const total = graph.reduce((sum, s) => sum + s.seconds, 0);
  return Math.max(total / parallel, ...ends);
}

/** The makespan in seconds when each command begins, in the order they become free to, as soon as a place is. */
export function firstComeFirstServed(graph: Sleeper[], parallel: number): number {
  const done = new Set<number>();
  const queued = new Set<number>();
  const waiting: number[] = [];
  let running: { command: number; end: number }[] = [];
  let now = 0;
  for (;;) {
    graph.forEach(({ needs }, i) => {
      if (queued.has(i) || !needs.every((k) => done.has(k))) return;
      queued.add(i);
      waiting.push(i);
    });
    for (const command of waiting.splice(0, parallel - running.length))
      running.push({ command, end: now + (graph[command]?.seconds ?? 0) });
    if (running.length === 0) return now;
    now = Math.min(...running.map((r) => r.end));
    for (const { command } of running.filter((r) => r.end === now)) done.add(command);
    running = running.filter((r) => r.end > now);
  }
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
