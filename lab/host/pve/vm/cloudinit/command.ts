/** `cloud-init` in a machine: status and clean. */
import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { join } from "node:path";
import { inRoot } from "../../../machine/confined";
import type { Answer, Command, Host } from "../../../types";
import { progressOf, STATE } from "./apply";

const refuse = (args: string[]): Answer => ({
  code: 1,
  stderr: `cloud-init: the lab does not simulate this (${["cloud-init", ...args].join(" ")})\n`,
});

async function status(guest: Host, args: string[]): Promise<Answer> {
  const known = ["--wait", "-w", "--long", "-l", "--format", "json", "tabular"];
  if (args.some((word) => !known.includes(word))) return refuse(["status", ...args]);
  const wait = args.includes("--wait") || args.includes("-w");
  let now = progressOf(guest);
  while (wait && (now.status === "running" || now.status === "not started")) {
    await sleep(50);
    now = progressOf(guest);
  }
  // An error ends the command with 1 (cloud-init status(1)).
  const code = now.status === "error" ? 1 : 0;
  if (args.includes("json"))
    return {
      code,
      stdout: `${JSON.stringify({ status: now.status, detail: now.detail, errors: now.errors }, null, 2)}\n`,
    };
  const long = args.includes("--long") || args.includes("-l");
  const more = long
    ? `detail: ${now.detail}\nerrors:${now.errors.length > 0 ? now.errors.map((one) => `\n\t- ${one}`).join("") : " []"}\n`
    : "";
  return { code, stdout: `status: ${now.status}\n${more}` };
}

/** Forgets the instance, so that the next start is a first one. */
function clean(guest: Host, args: string[]): Answer {
  const known = ["--logs", "-l", "--seed", "-s", "--machine-id"];
  if (args.some((word) => !known.includes(word))) return refuse(["clean", ...args]);
  const cloud = inRoot(guest.root, "/var/lib/cloud");
  for (const name of existsSync(cloud) ? readdirSync(cloud) : [])
    rmSync(join(cloud, name), { recursive: true, force: true });
  rmSync(inRoot(guest.root, STATE), { force: true });
  if (args.includes("--machine-id"))
    writeFileSync(inRoot(guest.root, "/etc/machine-id"), "uninitialized\n", { mode: 0o444 });
  if (args.includes("--logs") || args.includes("-l"))
    for (const name of ["cloud-init.log", "cloud-init-output.log"])
      rmSync(inRoot(guest.root, `/var/log/${name}`), { force: true });
  return { code: 0 };
}

export const cloudInitCommand: Command = (guest, { args }) => {
  const [verb = "", ...rest] = args;
  if (verb === "status") return status(guest, rest);
  if (verb === "clean") return clean(guest, rest);
  if (verb === "--version" || verb === "-v") return { code: 0, stdout: "/usr/bin/cloud-init 25.2\n" };
  return refuse(args);
};
