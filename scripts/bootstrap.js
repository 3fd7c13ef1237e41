"use strict";
// Run by Node alone, before anything is installed: a fresh clone becomes a working one.
const { execFileSync } = require("node:child_process");
const { existsSync, statSync } = require("node:fs");
const { join } = require("node:path");

const root = join(__dirname, "..");

/** Installs the locked dependencies when node_modules is missing or older than the lock file. */
function bootstrap() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    process.stderr.write(`Phoenix needs Node.js 20.19 or newer; this is ${process.version}.\n`);
    process.exit(1);
  }
  const marker = join(root, "node_modules", ".package-lock.json");
  const lock = join(root, "package-lock.json");
  if (existsSync(marker) && statSync(marker).mtimeMs >= statSync(lock).mtimeMs - 1000) return;
  process.stderr.write("Installing dependencies (npm ci) …\n");
  try {
    execFileSync("npm", ["ci", "--no-progress", "--loglevel", "error"], {
      cwd: root,
      stdio: ["ignore", 2, 2],
    });
  } catch {
    process.stderr.write("npm ci failed; its messages are above. Check the network and run this again.\n");
    process.exit(1);
  }
}

module.exports = { bootstrap, root };
