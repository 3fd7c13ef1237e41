"use strict";
// Keeps what Node.js makes of a program's modules for the next process that loads them: the text that tsx made of a
// TypeScript file, V8's code of it, and where the files of packages were found. docs/adr/0170-modules-kept-compiled.md
const { Buffer } = require("node:buffer");
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const Module = require("node:module");
const { dirname, join, relative, sep } = require("node:path");
const vm = require("node:vm");

const root = dirname(__dirname);
const folder = join(root, "node_modules", ".cache", "phoenix");
const packages = `${sep}node_modules${sep}`;
/** Packs that nobody wrote for so long belong to a project or to a Node.js that is gone. */
const keptForMs = 7 * 24 * 3600 * 1000;
/** More than the tests of the project need, which copy it some ten times. */
const keptBytes = 1e9;
// Node.js's own wrapper; it stands before the first column, so that places in a stack are those of the file.
const [head, tail] = Module.wrapper;
const compileByNode = Module.prototype._compile;

/**
 * The modules of one program, in a file: its length, the index's length, the index as JSON, then each module's text and
 * code. A module is taken from it while its file has the size and the time that it had.
 */
class Pack {
  #kept = new Map();
  #loaded = new Map();
  #bytes = { taken: 0, made: 0 };
  #translated = false;
  /** What else is kept: where requests led to. */
  paths = [];

  constructor(name) {
    this.file = join(folder, name);
    try {
      this.#read();
    } catch {
      // There is none yet, or it is damaged: everything is made.
    }
  }

  #read() {
    const bytes = fs.readFileSync(this.file);
    if (bytes.readUInt32LE(0) !== bytes.length) return;
    let end = 8 + bytes.readUInt32LE(4);
    const { modules, paths } = JSON.parse(bytes.toString("utf8", 8, end));
    const part = (length) => bytes.subarray(end, (end += length));
    for (const { file, size, time, text, code } of modules) {
      this.#kept.set(file, { size, time, text: part(text), code: part(code) });
    }
    this.paths = paths;
  }

  /** What is kept of a file that is still the same. */
  take(file) {
    const kept = this.#kept.get(file);
    if (kept === undefined) return undefined;
    const { size, mtimeMs } = fs.statSync(file);
    return kept.size === size && kept.time === mtimeMs ? kept : undefined;
  }

  /** Notes a loaded module; `kept` is what it was made of, if it was. */
  note(file, text, script, kept) {
    this.#loaded.set(file, { text, script, kept });
    this.#bytes[kept ? "taken" : "made"] += text.length;
    this.#translated ||= !kept && file.endsWith(".ts");
  }

  /** The translated text of a loaded module. */
  textOf(file) {
    return this.#loaded.get(file)?.text;
  }

  /**
   * Writes the pack if a file had to be translated, or if more than a tenth of the program had to be made. Other processes
   * may do so at the same time.
   *
   * @returns whether it was written
   */
  write(paths) {
    if (!this.#translated && this.#bytes.made * 10 <= this.#bytes.taken) return false;
    for (const [file, { text, script, kept }] of this.#loaded) {
      if (kept) continue;
      const { size, mtimeMs } = fs.statSync(file);
      this.#kept.set(file, { size, time: mtimeMs, text: Buffer.from(text), code: script.createCachedData() });
    }
    for (const file of this.#kept.keys()) if (!fs.existsSync(file)) this.#kept.delete(file);
    const modules = [...this.#kept].map(([file, { size, time, text, code }]) => {
      return { file, size, time, text: text.length, code: code.length };
    });
    const index = Buffer.from(JSON.stringify({ modules, paths }));
    const lengths = Buffer.alloc(8);
    const bytes = Buffer.concat([
      lengths,
      index,
      ...[...this.#kept.values()].flatMap(({ text, code }) => [text, code]),
    ]);
    bytes.writeUInt32LE(bytes.length, 0);
    bytes.writeUInt32LE(index.length, 4);
    const own = `${this.file}.${process.pid}`;
    fs.writeFileSync(own, bytes, { mode: 0o600 });
    fs.renameSync(own, this.file);
    return true;
  }
}

/**
 * The two packs of this process's program, which is the file that Node.js was started with; all test files are one.
 * Packages have a pack of their own: copies of the project that link to one node_modules share it.
 */
function openPacks() {
  const main = process.argv[1] === undefined ? "" : relative(root, fs.realpathSync(process.argv[1]));
  const program = main.endsWith(".test.ts") ? "tests" : main;
  // V8 takes only code that it made with the same flags; another version of this file keeps other things.
  const shared = [
    fs.readFileSync(__filename, "utf8"),
    program,
    process.version,
    process.arch,
    // A test process's own: where its reports go.
    process.execArgv.filter((option) => !option.startsWith("--test-reporter")),
    process.env.NODE_OPTIONS,
  ];
  const name = (...words) => createHash("sha256").update(JSON.stringify(words)).digest("hex").slice(0, 16);
  const packs = { ofPackages: new Pack(name(shared)), ofProject: new Pack(name(shared, root)) };
  // Undefined for a file elsewhere, which is not likely to be loaded again.
  const of = (file) => {
    if (file.includes(packages)) return packs.ofPackages;
    return file.startsWith(root + sep) ? packs.ofProject : undefined;
  };
  return { ...packs, of };
}

/** Whether the folder is this user's alone: what lies in it is run. */
function isOurs() {
  try {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { uid, mode } = fs.statSync(folder);
    return uid === process.getuid() && (mode & 0o022) === 0;
  } catch {
    return false; // A checkout that only others may write to.
  }
}

/** Those that are too old, and of the others the oldest where all together are too large. */
function removeOldPacks() {
  const packs = fs.readdirSync(folder).map((name) => {
    const file = join(folder, name);
    return { file, ...fs.statSync(file) };
  });
  let bytes = 0;
  for (const { file, mtimeMs, size } of packs.sort((one, other) => other.mtimeMs - one.mtimeMs)) {
    bytes += size;
    if (bytes > keptBytes || Date.now() - mtimeMs > keptForMs) fs.rmSync(file);
  }
}

/** `require` for a module, as Node.js makes it. */
function requireOf(module) {
  const require = (request) => module.require(request);
  require.resolve = (request, options) => Module._resolveFilename(request, module, false, options);
  require.resolve.paths = (request) => Module._resolveLookupPaths(request, module);
  require.main = process.mainModule;
  require.extensions = Module._extensions;
  require.cache = Module._cache;
  return require;
}

/** Has all modules loaded from now on by way of the packs, which are written at the end of the process. */
function install() {
  if (!isOurs()) return;
  const packs = openPacks();

  const run = (module, text, file, kept) => {
    const script = new vm.Script(head + text + tail, {
      filename: file,
      columnOffset: -head.length,
      cachedData: kept?.code,
    });
    packs.of(file).note(file, text, script, script.cachedDataRejected ? undefined : kept);
    const body = script.runInThisContext();
    return Reflect.apply(body, module.exports, [
      module.exports,
      requireOf(module),
      module,
      file,
      dirname(file),
    ]);
  };
  Module.prototype._compile = function compile(text, file, format) {
    // Code that is kept has lost the way to import().
    const isPlain =
      packs.of(file) && (format === undefined || format === "commonjs") && !/^#!|\bimport\s*\(/.test(text);
    return isPlain ? run(this, text, file) : compileByNode.call(this, text, file, format);
  };
  for (const extension of [".js", ".ts"]) {
    const load = Module._extensions[extension];
    Module._extensions[extension] = (module, file) => {
      const kept = packs.of(file)?.take(file);
      if (kept) run(module, kept.text.toString(), file, kept);
      else load(module, file);
    };
  }

  // Packages change by an installation alone: until the next one, their files are where they were.
  const { size, mtimeMs } = fs.statSync(join(root, "node_modules", ".package-lock.json"));
  const [installation, ...found] = packs.ofPackages.paths;
  if (installation === `${size} ${mtimeMs}`) Object.assign(Module._pathCache, Object.fromEntries(found));

  process.on("exit", () => {
    try {
      const paths = Object.entries(Module._pathCache).filter(([, file]) => file.includes(packages));
      const written = [packs.ofPackages.write([`${size} ${mtimeMs}`, ...paths]), packs.ofProject.write([])];
      if (written.includes(true)) removeOldPacks();
    } catch {
      // A full disk, another process's clearing: the next process makes what it needs.
    }
  });
  mapStacks((file) => packs.ofProject.textOf(file));
}

/** Has stacks name the places in TypeScript files as they are written, not as they were translated. */
function mapStacks(textOf) {
  const maps = new Map();
  const mapOf = (file) => {
    if (!maps.has(file)) {
      const [, map] =
        /\n\/\/# sourceMappingURL=data:application\/json;base64,(\S+)\s*$/.exec(textOf(file) ?? "") ?? [];
      maps.set(file, map && new Module.SourceMap(JSON.parse(Buffer.from(map, "base64").toString())));
    }
    return maps.get(file);
  };
  const line = (frame) => {
    const file = frame.getFileName();
    const map = file?.endsWith(".ts") ? mapOf(file) : undefined;
    const entry = map?.findEntry(frame.getLineNumber() - 1, frame.getColumnNumber() - 1);
    if (entry?.originalSource === undefined) return `    at ${frame}`;
    return `    at ${frame}`.replace(
      /:\d+:\d+(?=\)?$)/,
      `:${entry.originalLine + 1}:${entry.originalColumn + 1}`,
    );
  };
  Error.prepareStackTrace = (error, frames) =>
    [Error.prototype.toString.call(error), ...frames.map(line)].join("\n");
}

module.exports = { install };
