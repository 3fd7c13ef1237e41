/**
 * jq 1.8 as the package jq-wasm has it, run as a program: arguments, bytes of its standard streams and an exit code.
 * The package's own functions take texts, add a file and an option of their own and trim what comes out; taken of it are
 * the compiled program and what Emscripten gives it. The system calls behind files and streams are answered here.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { setFlagsFromString } from "node:v8";

/** What the program sees of the machine. */
export interface Surroundings {
  /** Content of a file; throws as node:fs does. */
  read(path: string): Buffer;
  /** Everything on standard input; undefined where nobody has read it yet. */
  input?: Buffer | undefined;
}

export interface Outcome {
  code: number;
  stdout: Buffer;
  stderr: Buffer;
}

/** The program asks for standard input, which was not given: it is to be run again with it. */
export class InputNeeded extends Error {}

/** Error numbers of WebAssembly's system interface. */
const EIO = 29;
const EISDIR = 31;
const ENOENT = 44;
const ENOTTY = 59;
const ESPIPE = 70;

/** More than this, and a program that never ends would take the daemon with it. */
const mostOutput = 256 * 1024 * 1024;

/** One run: its streams, and where it is in the files that it reads. */
class Run {
  readonly #outputs: [Buffer[], Buffer[]] = [[], []];
  readonly #opened = new Map<number, { bytes: Buffer; at: number }>();
  #written = 0;

  constructor(readonly around: Surroundings) {
    if (around.input) this.#opened.set(0, { bytes: around.input, at: 0 });
  }

  outcome(code: number): Outcome {
    const [stdout, stderr] = this.#outputs;
    return { code, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr) };
  }

  /** Answers a file's number, or what stood in the way as a negative one. */
  open(path: string): number {
    try {
      const fd = 3 + this.#opened.size;
      this.#opened.set(fd, { bytes: this.around.read(path), at: 0 });
      return fd;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      return code === "ENOENT" ? -ENOENT : code === "EISDIR" ? -EISDIR : -EIO;
    }
  }

  read(fd: number, into: Uint8Array): number {
    const file = this.#opened.get(fd);
    if (file === undefined) throw new InputNeeded();
    const part = file.bytes.subarray(file.at, file.at + into.length);
    into.set(part);
    file.at += part.length;
    return part.length;
  }

  write(fd: number, bytes: Uint8Array): number {
    this.#written += bytes.length;
    if (this.#written > mostOutput) throw new Error("jq: more than 256 MiB of output");
    // The program's memory changes after the call.
    this.#outputs[fd === 2 ? 1 : 0].push(Buffer.from(bytes));
    return bytes.length;
  }
}

type Calls = Record<string, (...args: number[]) => unknown>;
type Main = (argc: number, argv: number) => number;

/** The system calls of a run, by the names that Emscripten's have. */
function systemCalls(memory: () => ArrayBuffer, run: () => Run): Calls {
  const view = () => new DataView(memory());
  /** Calls `each` with the places that a list of (address, length) names, until one is not filled. */
  const scattered = (list: number, count: number, total: number, each: (place: Uint8Array) => number): 0 => {
    let sum = 0;
    for (let entry = list; entry < list + count * 8; entry += 8) {
      const [start, length] = [view().getUint32(entry, true), view().getUint32(entry + 4, true)];
      const done = each(new Uint8Array(memory(), start, length));
      sum += done;
      if (done !== length) break;
    }
    view().setUint32(total, sum, true);
    return 0;
  };
  return {
    _fd_read: (fd = 0, list = 0, count = 0, total = 0) =>
      scattered(list, count, total, (place) => run().read(fd, place)),
    _fd_write: (fd = 1, list = 0, count = 0, total = 0) =>
      scattered(list, count, total, (place) => run().write(fd, place)),
    _fd_close: () => 0,
    _fd_seek: () => ESPIPE,
    ___syscall_fcntl64: () => 0,
    ___syscall_ioctl: () => -ENOTTY,
    ___syscall_openat(_folder, path = 0) {
      const bytes = Buffer.from(memory());
      return run().open(bytes.toString("utf8", path, bytes.indexOf(0, path)));
    },
    // All that jq asks is whether it is a folder: the mode, behind the device.
    ___syscall_fstat64(_fd, stat = 0) {
      view().setUint32(stat + 4, 0o100644, true);
      return 0;
    },
  };
}

type Program = (args: string[], run: Run) => number;

async function makeProgram(): Promise<Program> {
  // A lab's jq starts a hundred times: what V8 would use to make its code faster does not come back.
  setFlagsFromString("--liftoff-only");
  const require = createRequire(__filename);
  const { loadJq } = require("jq-wasm") as typeof import("jq-wasm");
  const module = new WebAssembly.Module(readFileSync(require.resolve("jq-wasm/jq.wasm")));
  let current: Run | undefined;
  let memory: WebAssembly.Memory | undefined;
  const bytes = () => (memory as WebAssembly.Memory).buffer;
  const jq = await loadJq({
    instantiateWasm(imports, onSuccess) {
      const calls = systemCalls(bytes, () => current as Run);
      for (const given of Object.values(imports) as unknown as Calls[])
        for (const [key, { name }] of Object.entries(given)) given[key] = calls[name] ?? (given[key] as Main);
      const { exports } = new WebAssembly.Instance(module, imports);
      const all = Object.entries(exports);
      memory = all.map(([, one]) => one).find((one) => one instanceof WebAssembly.Memory);
      // The only function of the program with two parameters.
      const [name = "", main] = all.find(([, one]) => typeof one === "function" && one.length === 2) ?? [];
      onSuccess({ exports: { ...exports, [name]: asNew(main as Main, bytes) } }, module);
    },
  });
  return (args, run) => {
    current = run;
    return jq.raw("", "", args).exitCode;
  };
}

/**
 * main as a new process has it, whatever became of the run before: all below the words, which lie on the stack, is as
 * it was before the first run. What the package adds to the words goes: -M before them, a query and a file behind.
 */
function asNew(main: Main, memory: () => ArrayBuffer): Main {
  let untouched: Uint8Array | undefined;
  return (argc, argv) => {
    const words = new Uint32Array(memory(), argv, argc);
    const below = Math.min(...words);
    untouched ??= new Uint8Array(memory().slice(0, below));
    new Uint8Array(memory()).set(untouched.subarray(0, below));
    const own = argc - 3;
    words.copyWithin(1, 2, own + 1);
    words[own] = 0;
    return main(own, argv);
  };
}

let program: Promise<Program> | undefined;

/** Runs jq. @throws InputNeeded */
export async function runJq(args: string[], around: Surroundings): Promise<Outcome> {
  const ready = await (program ??= makeProgram());
  const run = new Run(around);
  return run.outcome(ready(args, run));
}
