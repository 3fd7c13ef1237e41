/** jq where the machine has none: jq 1.8 itself, compiled to WebAssembly, behind the command's own options. */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import type { Call, Command, Host } from "../../types";
import { inRoot } from "../confined";

/** A jq command line, taken apart as its main.c does. */
interface Asked {
  flags: string[];
  program?: string;
  files: string[];
  /** After --args or --jsonargs: positional arguments, each with how it is read. */
  positional: [kind: "--args" | "--jsonargs", value: string][];
  /** No input is read. */
  nullInput: boolean;
  joined: boolean;
}

class Missing extends Error {}

function content(host: Host, call: Call, path: string): string {
  const file = inRoot(call.guest?.root ?? host.root, resolve(call.cwd, path));
  if (!existsSync(file)) throw new Missing(path);
  return readFileSync(file, "utf8");
}

function parse(host: Host, call: Call): Asked {
  const asked: Asked = { flags: [], files: [], positional: [], nullInput: false, joined: false };
  let rest: "files" | "--args" | "--jsonargs" = "files";
  let options = true;
  const queue = [...call.args];
  const next = () => queue.shift() ?? "";
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    if (options && word === "--") options = false;
    else if (options && (word === "--args" || word === "--jsonargs")) rest = word;
    else if (options && ["--arg", "--argjson"].includes(word)) asked.flags.push(word, next(), next());
    else if (options && word === "--indent") asked.flags.push(word, next());
    else if (options && (word === "--rawfile" || word === "--slurpfile")) {
      const name = next();
      const text = content(host, call, next());
      asked.flags.push(
        ...(word === "--rawfile" ? ["--arg", name, text] : ["--argjson", name, `[${values(text)}]`]),
      );
    } else if (options && (word === "-f" || word === "--from-file"))
      asked.program = content(host, call, next());
    else if (options && /^-./.test(word)) {
      asked.flags.push(word);
      const short = /^-[A-Za-z]+$/.test(word);
      if (word === "--null-input" || (short && word.includes("n"))) asked.nullInput = true;
      if (word === "--join-output" || (short && word.includes("j"))) asked.joined = true;
    } else if (asked.program === undefined) asked.program = word;
    else if (rest === "files") asked.files.push(word);
    else asked.positional.push([rest, word]);
  }
  return asked;
}

/** JSON texts one behind the other, as the members of an array. */
function values(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return text.trim().split("\n").join(",");
  }
}

export const jq: Command = async (host, call) => {
  let asked: Asked;
  let input: string;
  try {
    asked = parse(host, call);
    input = asked.files.map((path) => content(host, call, path)).join("\n");
  } catch (error) {
    if (!(error instanceof Missing)) throw error;
    return { code: 2, stderr: `jq: error: Could not open ${error.message}: No such file or directory\n` };
  }
  if (call.args.length === 1 && call.args[0] === "--version") return { code: 0, stdout: "jq-1.7.1\n" };
  if (asked.program === undefined) {
    return {
      code: 2,
      stderr: "jq - commandline JSON processor [version 1.7.1]\n\nUsage:\tjq [OPTIONS] FILTER [FILES...]\n",
    };
  }
  if (asked.files.length === 0 && (!asked.nullInput || /\binputs?\b/.test(asked.program)))
    input = (await call.stdin()).toString();
  const { raw } = createRequire(__filename)("jq-wasm") as typeof import("jq-wasm");
  // The library appends its second argument and a file name. Behind positional arguments, that name would be one
  // too; as the value of -L, a folder to look for modules in, it does no harm.
  const positional = asked.positional.flat();
  const { stdout, stderr, exitCode } =
    positional.length > 0
      ? await raw(input, "-L", [...asked.flags, asked.program, ...positional])
      : await raw(input, asked.program, asked.flags);
  const ended = stdout === "" || asked.joined || stdout.endsWith("\n") ? stdout : `${stdout}\n`;
  return {
    code: exitCode,
    stdout: ended,
    stderr: stderr === "" || stderr.endsWith("\n") ? stderr : `${stderr}\n`,
  };
};
