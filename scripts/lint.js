"use strict";
// npm run lint: types, which file may import which, ESLint, formatting, and shellcheck for every .sh file.
const { spawnSync } = require("node:child_process");
const { bootstrap, root } = require("./bootstrap");

bootstrap();
const files = spawnSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: root,
  encoding: "utf8",
});
const shell = files.stdout.split("\n").filter((file) => file.endsWith(".sh"));
const checks = [
  ["npx", ["tsc", "--noEmit"]],
  ["npx", ["depcruise", "--output-type", "err-long", "."]],
  ["npx", ["eslint", "."]],
  ["npx", ["prettier", "--check", "."]],
  ["shellcheck", ["--external-sources", ...shell]],
];

let failed = 0;
let skipped = 0;
for (const [command, args] of checks) {
  const run = spawnSync(command, args, { cwd: root, stdio: "inherit" });
  if (run.error && run.error.code === "ENOENT") {
    skipped++;
    process.stdout.write(`skipped: ${command} is not installed (${shell.length} shell files unchecked)\n`);
  } else if (run.status !== 0) {
    failed++;
    process.stdout.write(`failed: ${command} ${args[0]}\n`);
  }
}
process.stdout.write(`${checks.length - failed - skipped} passed, ${failed} failed, ${skipped} skipped\n`);
process.exit(failed ? 1 : 0);
