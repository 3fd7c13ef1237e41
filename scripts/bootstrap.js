"use strict";
// Run by Node alone, before anything is installed: a fresh clone becomes a working one.
const { execFileSync } = require("node:child_process");
const { lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");

const root = join(__dirname, "..");
const modules = join(root, "node_modules");

function stop(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

function requireNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  stop(`Phoenix needs Node.js 20.19 or newer; this is ${process.version}.`);
}

/** Packages of a lock file by their place; undefined when there is no such file. */
function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8")).packages;
  } catch {
    return undefined;
  }
}

/**
 * Whether what is installed is what the lock file says. Contents are compared, not times: git and copies
 * set times as they like. An optional package may be missing, as those for other platforms are.
 */
function isInstalled() {
  const installed = packagesOf(join(modules, ".package-lock.json"));
  if (!installed) return false;
  return Object.entries(packagesOf(join(root, "package-lock.json")))
    .filter(([place, wanted]) => place.startsWith("node_modules/") && !wanted.link && !wanted.optional)
    .every(([place, wanted]) => installed[place]?.version === wanted.version);
}

function install() {
  if (lstatSync(modules, { throwIfNoEntry: false })?.isSymbolicLink()) {
    stop(
      "node_modules is a link, and what it leads to is not what package-lock.json says: run npm ci there.",
    );
  }
  process.stderr.write("Installing dependencies (npm ci) …\n");
  try {
    execFileSync("npm", ["ci", "--no-progress", "--no-update-notifier", "--loglevel", "error"], {
      cwd: root,
      stdio: ["ignore", 2, 2],
    });
  } catch {
    stop("npm ci failed; its messages are above. Check the network and run this again.");
  }
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

/** Two installations into one folder destroy each other, so a second waits for the first. */
function withLock(work) {
  const lock = join(root, ".phoenix", "install.lock");
  mkdirSync(join(root, ".phoenix"), { recursive: true });
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: "wx" });
      break;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
      const holder = Number(readFileSync(lock, "utf8"));
      if (holder && !isRunning(holder)) rmSync(lock, { force: true });
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
    }
  }
  process.on("exit", () => rmSync(lock, { force: true }));
  work();
  rmSync(lock, { force: true });
}

/** Installs the locked dependencies when they are missing or others than the lock file's. */
function bootstrap() {
  requireNode();
  if (isInstalled()) return;
  withLock(() => {
    if (!isInstalled()) install();
  });
}

module.exports = { bootstrap, root };
