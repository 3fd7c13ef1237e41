/** Who may log in: root, by a key of its authorized_keys or by password. */
import { timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type AuthContext, utils, type ParsedKey } from "ssh2";
import { inRoot } from "../confined";

/** MaxAuthTries of a stock sshd. */
const maxTries = 6;

/** Judges the login attempts of one connection; `root` is the host's root file system, `end` disconnects. */
export function authenticator(
  root: string,
  password: string,
  end: (reason: string) => void,
): (context: AuthContext) => void {
  let failures = 0;
  const refuse = (context: AuthContext) => {
    if (context.method !== "none") failures += 1;
    if (failures >= maxTries) end("Too many authentication failures");
    else context.reject(["publickey", "password"]);
  };
  return (context) => {
    if (context.username !== "root") return refuse(context);
    if (context.method === "password") {
      return equal(context.password, password) ? context.accept() : refuse(context);
    }
    if (context.method === "publickey") {
      const key = authorizedKeys(root).find((known) => known.getPublicSSH().equals(context.key.data));
      if (key === undefined) return refuse(context);
      // Without a signature the client only asks whether this key would do.
      if (context.signature === undefined || context.blob === undefined) return context.accept();
      const verified = key.verify(context.blob, context.signature, context.hashAlgo);
      return verified === true ? context.accept() : refuse(context);
    }
    return refuse(context);
  };
}

/** Root's authorized_keys as they are now; lines that cannot be read count as none. */
function authorizedKeys(root: string): ParsedKey[] {
  let text: string;
  try {
    text = readFileSync(inRoot(root, join("/root", ".ssh", "authorized_keys")), "utf8");
  } catch {
    return [];
  }
  return text
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.startsWith("#"))
    .map((line) => utils.parseKey(line))
    .filter((key): key is ParsedKey => !(key instanceof Error));
}

function equal(given: string, wanted: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(wanted)];
  return left.length === right.length && timingSafeEqual(left, right);
}
