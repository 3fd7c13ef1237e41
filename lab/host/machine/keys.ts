/** Keys and the password of the lab: made once, kept over stop, start and reset. */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type ssh2 from "ssh2";

export interface Keys {
  /** OpenSSH private key of the SSH server. */
  hostKey: string;
  /** Its public half, `ssh-ed25519 AAAA…`, without a comment. */
  hostPublicKey: string;
  /** File of root's private key; mode 0600. */
  userKeyFile: string;
  /** Its public half with a comment, as in authorized_keys. */
  userPublicKey: string;
  /** Password of root, over SSH and root@pam. */
  password: string;
}

/** The keys in a folder; those that are missing are made. */
export async function ensureKeys(folder: string): Promise<Keys> {
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  const { hostFile, userKeyFile, passwordFile } = files(folder);
  for (const [file, comment] of [
    [hostFile, "root@lab-host"],
    [userKeyFile, "root@lab"],
  ] as const) {
    if (existsSync(file)) continue;
    // Loaded when there is a key to make: it takes longer than all else that `lab` does.
    const { utils } = createRequire(__filename)("ssh2") as typeof ssh2;
    const pair = readableKeyPair(utils, comment);
    writeFileSync(`${file}.pub`, `${pair.public}\n`);
    writeFileSync(file, pair.private, { mode: 0o600 });
  }
  if (!existsSync(passwordFile)) {
    // No letter of it is one that a command line would take for something else.
    writeFileSync(passwordFile, randomBytes(18).toString("hex"), { mode: 0o600 });
  }
  return readKeys(folder);
}

/** ssh2 writes about one key in 400 so that nobody can read it, itself included. */
export function readableKeyPair(
  utils: typeof ssh2.utils,
  comment: string,
): { private: string; public: string } {
  const pair = utils.generateKeyPairSync("ed25519", { comment });
  const unreadable = [pair.private, pair.public].some((key) => utils.parseKey(key) instanceof Error);
  return unreadable ? readableKeyPair(utils, comment) : pair;
}

const files = (folder: string) => ({
  hostFile: join(folder, "ssh_host_ed25519_key"),
  userKeyFile: join(folder, "id_ed25519"),
  passwordFile: join(folder, "password"),
});

/** The keys that are in a folder. */
export function readKeys(folder: string): Keys {
  const { hostFile, userKeyFile, passwordFile } = files(folder);
  return {
    hostKey: readFileSync(hostFile, "utf8"),
    hostPublicKey: readFileSync(`${hostFile}.pub`, "utf8").trim().split(" ").slice(0, 2).join(" "),
    userKeyFile,
    userPublicKey: readFileSync(`${userKeyFile}.pub`, "utf8").trim(),
    password: readFileSync(passwordFile, "utf8"),
  };
}
