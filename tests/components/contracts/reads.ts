/** Which settings a script reads: what is reached from where it begins, in all that it sources. */
import { bundle } from "../../../components/host/script";
import { scriptOf } from "../../helpers/scripts";
import type { Contract, ReadText } from "./settings";

const prelude = scriptOf("host", "prelude");
/** It has the commands that read settings. */
const base = scriptOf("host", "base");

/** Settings of every step, which `Host` and the plans of guests add. */
const common = new Set(["tag", "resource", "makes", "incarnation"]);

/** What jq's own functions call the parts of an object. */
const parts = new Set(["key", "value"]);

/** Commands that read settings by their path; `word` is what prepare.sh has before there is jq. */
const readers = "setting|given|list|word";

export interface Reads {
  /** Fields of the settings that are read. */
  keys: Set<string>;
  /** What is read and no field, as it stands in the script. */
  unknown: Set<string>;
}

/** What these scripts, with all that they source, read of settings of that shape. */
export function readsOf(scripts: readonly string[], contract: Contract, read: ReadText): Reads {
  const reads: Reads = { keys: new Set(), unknown: new Set() };
  for (const script of scripts) {
    const files = bundle(prelude, script).filter((file) => file !== base);
    const texts = files.map((file) => plain(read(file)));
    const reached = reachedIn(texts);
    for (const part of reached) {
      for (const path of pathsIn(part, reached)) note(path.split("."), path, contract, reads);
      for (const program of programsIn(part.text)) noteProgram(program, contract, reads);
    }
  }
  return reads;
}

/** Without comments, and each command on one line. */
const plain = (text: string) => text.replace(/^\s*#.*\n/gm, "").replace(/ \\\n\s*/g, " ");

/** What may run: a function, or what stands outside of all. */
interface Part {
  name: string;
  text: string;
}

/** What stands outside of functions, and the functions that are named from there on. */
function reachedIn(texts: string[]): Part[] {
  const functions: Part[] = [];
  const pattern = /^(\w+)\(\) (?:\{(.*)\}$|[{(]\n([\s\S]*?)^[})])/gm;
  const reached = texts.map((text): Part => {
    const outside = text.replace(pattern, (_all, name: string, line?: string, body?: string) => {
      functions.push({ name, text: line ?? body ?? "" });
      return "";
    });
    return { name: "", text: outside };
  });
  for (const { text } of reached) {
    const words = new Set([...text.matchAll(/\w+/g)].map(([word]) => word));
    // each_mount calls what begins with a word that it is given.
    const endings = [...text.matchAll(/"\$1(_\w+)"/g)].map(([, end = ""]) => end);
    const isCalled = ({ name }: Part) => words.has(name) || endings.some((end) => name.endsWith(end));
    reached.push(...functions.filter((each) => isCalled(each) && !reached.includes(each)));
  }
  return reached;
}

/** Paths that a part reads; one that a function is given stands where it is called. */
function pathsIn({ name, text }: Part, all: readonly Part[]): string[] {
  const loaded = [...text.matchAll(/\bload((?: +\w+=[\w.]+)+)/g)].flatMap(([, pairs = ""]) =>
    pairs
      .trim()
      .split(/ +/)
      .map((pair) => pair.slice(pair.indexOf("=") + 1)),
  );
  const command = `(?:^\\s*|[;(|&!{]\\s*|\\b(?:if|then|else|do|while|until) +)(?:${readers}) +"?([\\w.$]+)`;
  const named = [...text.matchAll(new RegExp(command, "gm"))].map(([, path = ""]) => path);
  return [...loaded, ...named].flatMap((path) => {
    const place = /^\$(\d)$/.exec(path)?.[1];
    if (place === undefined) return path.replace(/\.?\$.*$/, "") || [];
    return all.flatMap((other) => argumentsOf(name, other.text, Number(place)));
  });
}

/** The words at that place behind the function, wherever a text calls it. */
function argumentsOf(name: string, text: string, place: number): string[] {
  const call = new RegExp(`\\b${name}${" +([^\\s;)]+)".repeat(place)}`, "g");
  return [...text.matchAll(call)].map((found) => found[place] ?? "");
}

/** Programs of jq that get the settings as they are. */
function programsIn(text: string): string[] {
  return text
    .split('<<<"$SETTINGS"')
    .slice(0, -1)
    .flatMap((before) => {
      const call = before.slice(before.lastIndexOf("jq ") + 3);
      return before.includes("jq ") ? [/'([^']*)'[^']*$/.exec(call)?.[1] ?? call] : [];
    });
}

function noteProgram(program: string, contract: Contract, reads: Reads): void {
  const chains = [...program.matchAll(/(?<![\w\])?.$"])((?:\.[a-zA-Z_]\w*(?:\[[^\]]*\])?)+)/g)].map(
    ([chain]) =>
      chain
        .replace(/\[[^\]]*\]/g, "")
        .split(".")
        .slice(1),
  );
  const short = [...program.matchAll(/\{\s*([a-z]\w*)\s*(?=[,}])/g)].map(([, name = ""]) => [name]);
  const inner = new Set([...contract.values()].flatMap(({ fields }) => [...fields]));
  for (const chain of [...chains, ...short]) {
    const [first = ""] = chain;
    if (!contract.has(first) && (inner.has(first) || parts.has(first))) continue;
    note(chain, `.${chain.join(".")}`, contract, reads);
  }
}

function note([first = "", second]: string[], shown: string, contract: Contract, reads: Reads): void {
  const key = contract.get(first);
  if (key === undefined) {
    if (!common.has(first)) reads.unknown.add(shown);
    return;
  }
  reads.keys.add(first);
  if (second !== undefined && key.fields.size > 0 && !key.fields.has(second)) reads.unknown.add(shown);
}
