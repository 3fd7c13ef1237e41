"use strict";
// Run by Node alone, before anything is installed: a fresh clone becomes a working one.
const { execFileSync } = require("node:child_process");
const { createHash } = require("node:crypto");
const { existsSync, lstatSync, readFileSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");

const root = join(__dirname, "..");

/**
 * Installs the locked dependencies when node_modules is missing or was installed from another lock file.
 * The lock's text decides, not its age: a copy or a checkout changes ages.
 */
function bootstrap() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    process.stderr.write(`Phoenix needs Node.js 20.19 or newer; this is ${process.version}.\n`);
    process.exit(1);
  }
  const modules = join(root, "node_modules");
  // A link leads to somebody else's installation, which npm ci would empty.
  if (lstatSync(modules, { throwIfNoEntry: false })?.isSymbolicLink()) return;
  const marker = join(modules, ".phoenix-installed");
  const lock = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  if (existsSync(marker) && readFileSync(marker, "utf8") === lock) return;
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
  writeFileSync(marker, lock);
}

module.exports = { bootstrap, root };
