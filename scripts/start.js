"use strict";
// npm start: from a fresh clone to a converged estate on the lab, and the proof that it stays so.
const { spawnSync } = require("node:child_process");
const { join } = require("node:path");
const { bootstrap, root } = require("./bootstrap");

const STACK = "dev";
const phoenix = join(root, "bin", "phoenix");

function stop(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

/** The lab's namespaces need root, or a sudo that asks nothing. */
function requireRoot() {
  if (process.getuid() === 0) return;
  if (spawnSync("sudo", ["-n", "true"], { stdio: "ignore" }).status === 0) return;
  stop("npm start needs root, or sudo without a password, for the lab's namespaces: run `sudo npm start`.");
}

function heading(text) {
  process.stdout.write(`\n── ${text} ${"─".repeat(Math.max(3, 76 - text.length))}\n`);
}

/** Runs one command of phoenix on our terminal, as a user would type it. */
function run(...args) {
  process.stdout.write(`$ bin/phoenix ${args.join(" ")}\n`);
  const { status } = spawnSync(phoenix, ["--stack", STACK, ...args], { cwd: root, stdio: "inherit" });
  if (status !== 0) stop(`\nbin/phoenix ${args.join(" ")} ended with exit code ${status}.`);
}

function labStats() {
  const { status, stdout } = spawnSync(phoenix, ["--stack", STACK, "lab", "stats", "--json"], {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (status !== 0) stop("bin/phoenix lab stats failed.");
  return JSON.parse(stdout);
}

const began = Date.now();
bootstrap();
requireRoot();

heading("The lab: a Proxmox VE host on this machine's loopback");
run("lab", "start");
heading("The two JSON files: every mistake and every warning");
run("validate");
heading("The plan: what would be done");
run("preview");
heading("Converging: host first, then each guest after those it depends on");
run("up", "--yes");
heading("What there is now");
run("output");

heading("Once more: nothing may change");
run("lab", "stats", "--reset");
run("up", "--yes", "--expect-no-changes");
const { sshConnections } = labStats();
if (sshConnections !== 1)
  stop(`The second run made ${sshConnections} SSH connections; there should be one, to look for drift.`);
process.stdout.write(`
Nothing changed, no step was run on the host, and a look at it found nothing that had drifted:
sshConnections: ${sshConnections}

Done in ${Math.round((Date.now() - began) / 1000)} s. The lab goes on running. Try next:
  bin/phoenix lab exec -- pct list     look around on the host
  bin/phoenix graph                    the order of the guests
  bin/phoenix destroy                  remove the guests, keep the data
  bin/phoenix lab stop                 stop the lab; its disks stay for the next start
  README.md                            a stack for a real host, in five minutes
`);
