"use strict";
// npm test -- --profile: where the CPU went, by what scripts/testing/cpu.js has written down, as tables of Markdown.
const { readFileSync, writeFileSync } = require("node:fs");
const { join, relative } = require("node:path");
const { root } = require("../bootstrap");

/** So long after its daemon's end, whoever started a lab's host has waited for all of it. */
const HOST_ENDS_WITHIN_MS = 2000;
const FILES_SHOWN = 25;

const documentation = join(root, "docs", "testing.md");
const mark = "<!-- What follows is written by npm test -- --profile, run without words. -->";

const sum = (numbers) => numbers.reduce((one, other) => one + other, 0);

const allMs = (one) => one.selfMs + one.reapedMs;

/**
 * CPU of the programs that a process has waited for and that wrote no line. A lab's host ends a moment after its daemon:
 * whether it was waited for is told by whether that much was.
 */
function otherMs({ kind, ended, reapedMs, children }) {
  if (kind === "lab daemon") return 0;
  const over = children.filter((child) => child.ended <= ended);
  const mayStand = (child) => child.kind === "lab daemon" && child.ended + HOST_ENDS_WITHIN_MS > ended;
  let left = reapedMs - sum(over.filter((child) => !mayStand(child)).map(allMs));
  for (const child of over.filter(mayStand)) if (allMs(child) <= left) left -= allMs(child);
  return Math.max(0, left);
}

/** The log's processes, each with those it started, and with the CPU of programs it started that write no line. */
function processesOf(log) {
  const lines = readFileSync(log, "utf8").trim().split("\n");
  const all = lines.filter(Boolean).map((line) => JSON.parse(line));
  const processes = new Map();
  for (const line of all)
    if (line.kind !== "part") processes.set(line.id, { ...line, children: [], parts: [] });
  for (const line of all)
    if (line.kind === "part") processes.get(line.id)?.parts.push(line);
    else processes.get(line.parent)?.children.push(processes.get(line.id));
  for (const one of processes.values()) one.otherMs = otherMs(one);
  return [...processes.values()];
}

const below = (one) => [one, ...one.children.flatMap(below)];

const hostMs = (one) => (one.kind === "lab daemon" ? one.reapedMs : 0);

/** What a process and all below it used and started. */
function wholeOf(one) {
  const all = below(one);
  return {
    ms: sum(all.map((each) => each.selfMs + each.otherMs + hostMs(each))),
    labs: all.filter(({ kind }) => kind === "lab daemon").length,
    ups: all.filter(({ kind, operation }) => kind === "engine" && operation === "up").length,
    nodes: all.length,
  };
}

function byKind(processes) {
  const rows = [...new Set(processes.map(({ kind }) => kind))].map((kind) => {
    const own = processes.filter((one) => one.kind === kind);
    return [kind, own.length, sum(own.map(({ selfMs }) => selfMs))];
  });
  rows.push(["programs in the lab's host", "", sum(processes.map(hostMs))]);
  rows.push(["other programs (ssh, git, bash …)", "", sum(processes.map(({ otherMs }) => otherMs))]);
  return rows.sort(([, , one], [, , other]) => other - one);
}

/** One row for each test file; what the processes of several files used beside the files themselves is one row more. */
function byFile(processes) {
  const alone = processes.filter(({ kind }) => kind === "test file");
  const shared = processes.filter(({ kind }) => kind === "shared test process");
  const parts = shared.flatMap((one) => one.parts);
  const rest = sum(shared.map((one) => wholeOf(one).ms)) - sum(parts.map(({ selfMs }) => selfMs));
  const rows = [
    ...alone.map((one) => ({ file: relative(root, one.file), ...wholeOf(one) })),
    ...parts.map(({ file, selfMs }) => ({ file, ms: selfMs, labs: 0, ups: 0, nodes: 0 })),
    { file: "what several pure files share", ms: rest, labs: 0, ups: 0, nodes: shared.length },
  ];
  return rows.sort((one, other) => other.ms - one.ms);
}

/** A table as prettier writes it; all columns but the first hold numbers. */
function table(head, rows) {
  const cells = [head, ...rows.map((row) => row.map(String))];
  const widths = head.map((_, column) => Math.max(3, ...cells.map((row) => row[column].length)));
  const line = (row) =>
    `| ${row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]) : cell.padStart(widths[at]))).join(" | ")} |`;
  const rule = widths.map((width, at) => (at === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`));
  return [line(cells[0]), line(rule), ...cells.slice(1).map(line)].join("\n");
}

const seconds = (ms) => (ms / 1000).toFixed(1);

/** @param log the file that CPU_LOG named */
function profileTables(log) {
  const processes = processesOf(log);
  const kinds = byKind(processes);
  const total = sum(kinds.map(([, , ms]) => ms));
  const share = (ms) => `${((100 * ms) / total).toFixed(1)} %`;
  const files = byFile(processes);
  const cells = ({ file, ms, labs, ups, nodes }) => [file, seconds(ms), share(ms), labs, ups, nodes];
  const rest = files.slice(FILES_SHOWN);
  const together = Object.fromEntries(
    ["ms", "labs", "ups", "nodes"].map((key) => [key, sum(rest.map((row) => row[key]))]),
  );
  const others = rest.length > 0 ? [cells({ file: `${rest.length} others`, ...together })] : [];
  return [
    table(
      ["Kind of process", "Starts", "CPU s", "Share"],
      [
        ...kinds.map(([kind, starts, ms]) => [kind, starts, seconds(ms), share(ms)]),
        ["all", processes.length, seconds(total), "100.0 %"],
      ],
    ),
    table(
      ["Test file, with all it started", "CPU s", "Share", "Lab starts", "`up`s", "Node starts"],
      [...files.slice(0, FILES_SHOWN).map(cells), ...others],
    ),
  ].join("\n\n");
}

/** Puts the tables into docs/testing.md, in the place of those of an earlier run. */
function keepTables(tables) {
  const [text] = readFileSync(documentation, "utf8").split(mark);
  writeFileSync(documentation, `${text}${mark}\n\n${tables}\n`);
}

module.exports = { keepTables, profileTables };
