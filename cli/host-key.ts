/** The host key of a new stack: its fingerprint is shown, and the key is used only once the user has confirmed it. */
import { createHash } from "node:crypto";
import { ask } from "./confirm";
import { BAD_ARGUMENTS, UserError } from "./errors";
import { capture } from "./process";

/** `type base64` of a key line, with or without a host in front. */
const KEY = /(?:^|\s)((?:ssh-ed25519|ecdsa-sha2-nistp(?:256|384|521)) [A-Za-z0-9+/]{20,}=*)/;

/** `SHA256:…`, as ssh-keygen -l shows it. */
export function fingerprint(key: string): string {
  const [, base64 = ""] = key.split(" ");
  return `SHA256:${createHash("sha256").update(Buffer.from(base64, "base64")).digest("base64").replace(/=+$/, "")}`;
}

/** What the host shows now. @throws UserError when there is no ssh-keyscan, or no key is shown */
async function scan(address: string, port: string): Promise<string> {
  const args = ["-T", "10", "-p", port, "-t", "ed25519,ecdsa", address];
  const { stdout, stderr } = await capture("ssh-keyscan", args).catch((error: NodeJS.ErrnoException) => {
    throw error.code === "ENOENT"
      ? new UserError("There is no ssh-keyscan on PATH: install OpenSSH's client, or give --host-key.")
      : error;
  });
  const keys = stdout.split("\n").flatMap((line) => KEY.exec(line)?.[1] ?? []);
  const key = keys.find((one) => one.startsWith("ssh-ed25519 ")) ?? keys[0];
  if (key !== undefined) return key;
  const said = stderr.trim().split("\n").at(-1) ?? "";
  throw new UserError(
    `${address}, port ${port}, shows no host key${said && `: ${said}`}. Nothing was written.`,
  );
}

/**
 * The host's key, confirmed by its fingerprint on the command line, or on a terminal.
 * @throws UserError when it is another one, or nobody can be asked
 */
export async function agreedHostKey(address: string, port: string, expected?: string): Promise<string> {
  const key = await scan(address, port);
  const shown = fingerprint(key);
  if (expected !== undefined) {
    if (expected.replace(/=+$/, "") === shown) return key;
    throw new UserError(
      `${address} shows the host key ${shown}, not ${expected}: somebody may stand in for it. Nothing was written.`,
    );
  }
  const compare = `On the host's own console, \`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub\` shows the right one.`;
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new UserError(
      `${address} shows the host key ${shown}. ${compare}\n` +
        `If it is the same, say so: --fingerprint ${shown} (or give the key itself: --host-key).`,
      BAD_ARGUMENTS,
    );
  }
  process.stderr.write(`${address} shows the host key ${shown}.\n${compare}\n`);
  if ((await ask("Is it the same?", ["yes", "no"])) === "yes") return key;
  throw new UserError("The host key was not accepted. Nothing was written.");
}
