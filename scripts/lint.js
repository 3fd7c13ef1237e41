"use strict";
// npm run lint: types, which file may import which, ESLint, formatting, and shellcheck for every .sh file.
const { spawnSync } = require("node:child_process");
const { bootstrap, root } = require("./bootstrap");
const { ShellCheck, shellFiles } = require("./shellcheck");

bootstrap();
/** Runs a program to its end; gives its exit code. @throws where it is not installed */
function run(command, ...args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: "inherit" });
  if (error) throw error;
  return status;
}

/** shellcheck for every shell file; undefined where it is not installed. */
function checkShell() {
  const check = new ShellCheck();
  if (!check.isInstalled) return undefined;
  const found = shellFiles().map((file) => check.findings(file));
  check.save();
  process.stdout.write(found.join(""));
  return found.every((text) => text === "") ? 0 : 1;
}

const checks = {
  tsc: () => run("npx", "tsc", "--noEmit"),
  depcruise: () => run("npx", "depcruise", "--output-type", "err-long", "."),
  eslint: () => run("npx", "eslint", "."),
  prettier: () => run("npx", "prettier", "--check", "."),
  shellcheck: checkShell,
};

let failed = 0;
let skipped = 0;
for (const [name, check] of Object.entries(checks)) {
  const code = check();
  if (code === undefined) {
    skipped++;
    process.stdout.write(
      `skipped: ${name} is not installed (${shellFiles().length} shell files unchecked)\n`,
    );
  } else if (code !== 0) {
    failed++;
    process.stdout.write(`failed: ${name}\n`);
  }
}
process.stdout.write(
  `${Object.keys(checks).length - failed - skipped} passed, ${failed} failed, ${skipped} skipped\n`,
);
process.exit(failed ? 1 : 0);
