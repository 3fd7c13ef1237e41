/** Who may log in to a container as its root. */
import { z } from "zod";
import { pattern, passwordHashPattern, publicKey } from "./primitives";

/** Spread into the container's schema. */
export const rootAccessKeys = {
  root_ssh_keys: z
    .array(publicKey({ none: false }).describe("One line as in a .pub file"))
    .optional()
    .describe("Public keys that may log in as its root; those that somebody else put there stay"),
  root_password_hash: pattern(
    new RegExp(`^(?!NOT_SET)${passwordHashPattern.source.slice(1)}`),
    "is not a password hash (it is not shown here, in case it is a password)",
  )
    .optional()
    .describe(
      "The hash of its root's password that `mkpasswd -m yescrypt` prints, or ! for none; the template's without it",
    ),
};

export interface RootAccess {
  /** Lines of authorized_keys. */
  keys: string[];
  /** As /etc/shadow has it; a secret. */
  passwordHash?: string;
}

interface Entry {
  clone_from_ctid?: string | undefined;
  root_ssh_keys?: string[] | undefined;
  root_password_hash?: string | undefined;
}

/** What an entry says of its root; nothing where neither it nor what it is cloned from ever says anything. */
export function rootAccess(
  id: string,
  lxc: { lxc_configs: Record<string, Entry> },
): { rootAccess?: RootAccess } {
  const entry = lxc.lxc_configs[id];
  const { root_ssh_keys: keys = [], root_password_hash: passwordHash } = entry ?? {};
  if (keys.length === 0 && passwordHash === undefined) {
    // A clone has what its source has, until its own step takes that away.
    const source = entry?.clone_from_ctid;
    const inherits = source !== undefined && rootAccess(source, lxc).rootAccess !== undefined;
    return inherits ? { rootAccess: { keys: [] } } : {};
  }
  return {
    rootAccess: {
      keys: [...new Set(keys.map((key) => key.trim()))],
      ...(passwordHash !== undefined && { passwordHash }),
    },
  };
}
