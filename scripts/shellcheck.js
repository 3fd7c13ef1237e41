"use strict";
// shellcheck for one shell file after the other. A file in which it found nothing is not given to it again until its
// text changes, or that of a file that it may source: to check all of them takes 25 s of processor time.
const { spawnSync } = require("node:child_process");
const { createHash } = require("node:crypto");
const { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } = require("node:fs");
const { basename, dirname, join, relative } = require("node:path");

const project = dirname(__dirname);
const skipped = /^(node_modules|\.git|\.lab|\.phoenix)(\/|$)/;

/** Every shell file of a checkout, but for what is generated or fetched. */
function shellFiles(root = project) {
  const walk = (from) =>
    readdirSync(from, { withFileTypes: true }).flatMap((entry) => {
      const path = join(from, entry.name);
      if (skipped.test(relative(root, path))) return [];
      if (entry.isDirectory()) return walk(path);
      return entry.isFile() && entry.name.endsWith(".sh") ? [path] : [];
    });
  return [...walk(root), join(root, ".ci", "run")].filter(existsSync);
}

/** The checks of one run: files with all that shellcheck may read for each. */
class ShellCheck {
  #root;
  #record;
  #texts;
  #version;
  #settings = "";
  /** Digests of files that were clean, in an earlier run and in this one. */
  #known = new Set();
  #clean = new Set();

  constructor(root = project) {
    this.#root = root;
    // module-cache.js clears this folder of what is a week old.
    this.#record = join(root, "node_modules", ".cache", "phoenix", "shellcheck.json");
    this.#texts = new Map(shellFiles(root).map((file) => [file, readFileSync(file, "utf8")]));
    const settings = join(root, "components", ".shellcheckrc");
    if (existsSync(settings)) this.#settings = readFileSync(settings, "utf8");
    const { status, stdout } = spawnSync("shellcheck", ["--version"], { encoding: "utf8" });
    this.#version = status === 0 ? stdout : undefined;
    try {
      this.#known = new Set(JSON.parse(readFileSync(this.#record, "utf8")));
    } catch {
      // Nothing has been checked yet.
    }
  }

  /** Whether shellcheck is installed. */
  get isInstalled() {
    return this.#version !== undefined;
  }

  /** What shellcheck finds in a file, as it prints it; '' for nothing. */
  findings(file) {
    const digest = this.#digest(file);
    if (!this.#known.has(digest)) {
      // A prelude is put before the script at run time; alone it has no first line.
      const shell = this.#texts.get(file).startsWith("#!") ? [] : ["--shell=bash"];
      const { status, stdout, stderr } = spawnSync(
        "shellcheck",
        ["--external-sources", ...shell, relative(this.#root, file)],
        { cwd: this.#root, encoding: "utf8" },
      );
      if (status !== 0) return stdout + stderr || `shellcheck ended with ${status}`;
    }
    this.#clean.add(digest);
    return "";
  }

  /** Keeps what this run found clean for the next one. */
  save() {
    mkdirSync(dirname(this.#record), { recursive: true, mode: 0o700 });
    writeFileSync(this.#record, JSON.stringify([...this.#clean]));
  }

  /** Of the file, of every file whose name stands in it, and in turn in those, and of shellcheck's own settings. */
  #digest(file) {
    const read = new Set([file]);
    for (const each of read)
      for (const other of this.#texts.keys())
        if (this.#texts.get(each).includes(basename(other))) read.add(other);
    const texts = [...read].sort().map((each) => [relative(this.#root, each), this.#texts.get(each)]);
    return createHash("sha256")
      .update(JSON.stringify([this.#version, this.#settings, relative(this.#root, file), texts]))
      .digest("hex");
  }
}

module.exports = { ShellCheck, shellFiles };
