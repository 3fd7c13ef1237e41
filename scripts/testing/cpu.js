"use strict";
// For npm test -- --profile: each Node process of the project appends to the file of CPU_LOG, at its end, what it was
// and how much CPU it and those that it waited for have used. Without that variable nothing is done.
const { appendFileSync, readdirSync, readFileSync } = require("node:fs");

/** A tick of /proc is 10 ms on every Linux that Node.js runs on. */
const TICK_MS = 10;
const LAB_DAEMON = "lab daemon";
const OPERATIONS = new Set(["up", "preview", "destroy", "refresh"]);

/** What a process is, by the file that it runs. */
const kinds = [
  ["test file", /\.test\.ts$/],
  ["shared test process", /\/together-\d+\.js$/],
  ["command line", /\/bin\/phoenix$|\/lab\/bin\/lab$/],
  ["engine", /\/pulumi$|\/lab\/engine\//],
  ["program", /\/@pulumi\/pulumi\/cmd\/run/],
  ["plugin", /\/pulumi-resource-\w+$|\/lab\/plugins\//],
  ["keeper of events", /\/keep-events\b/],
  [LAB_DAEMON, /\/daemon\b/],
];

/** proc_pid_stat(5) of a process as this machine's /proc has it: its parent, and CPU with and without its children's. */
function processStat(name) {
  // Behind the name in brackets: state, ppid, …; utime, stime, cutime, cstime are the 12th to the 15th.
  const fields = readFileSync(`/proc/${name}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  const [user, system, reapedUser, reapedSystem] = fields
    .slice(11, 15)
    .map((ticks) => Number(ticks) * TICK_MS);
  return { parent: fields[1], selfMs: user + system, reapedMs: reapedUser + reapedSystem };
}

/** CPU of everything in a lab's host, with its daemon: of the first process, which is the daemon's parent, and below. */
function hostMs() {
  const first = processStat("self").parent;
  const all = new Map();
  for (const name of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    try {
      all.set(name, processStat(name));
    } catch {
      // It has ended meanwhile.
    }
  }
  const below = (parent) =>
    [...all].filter(([, found]) => found.parent === parent).reduce((sum, [name]) => sum + whole(name), 0);
  const whole = (name) => all.get(name).selfMs + all.get(name).reapedMs + below(name);
  return whole(first);
}

function describe(file, words) {
  const [kind] = kinds.find(([, pattern]) => pattern.test(file ?? "")) ?? ["other Node"];
  return { kind, file, operation: words.find((word) => OPERATIONS.has(word)) };
}

const log = process.env.CPU_LOG;

/** Appends a line to the log, if there is one. */
function appendToLog(line) {
  if (log) appendFileSync(log, `${JSON.stringify({ id, parent, ended: Date.now(), ...line })}\n`);
}

function record(what) {
  const { user, system } = process.cpuUsage();
  const selfMs = (user + system) / 1000;
  const reapedMs = what.kind === LAB_DAEMON ? hostMs() - selfMs : processStat("self").reapedMs;
  appendToLog({ ...what, selfMs, reapedMs });
}

// A number alone comes again in a long run, and a lab's host has its own numbers.
const id = `${process.pid} since ${Date.now()}`;
const parent = process.env.CPU_LOG_PARENT;
if (log) {
  process.env.CPU_LOG_PARENT = id;
  const what = describe(process.argv[1], process.argv.slice(2));
  process.on("exit", () => record(what));
}

module.exports = { appendToLog };
