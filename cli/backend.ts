import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { UserError } from "./errors";
import { stateFolder } from "./paths";
import type { Stack } from "./stack";
import { isLabStack } from "./stack";

/**
 * Encrypts the secrets of stacks on the lab: the passwords of a machine that exists on this one's
 * loopback only. Public on purpose, so that a fresh clone runs; never used for a real host.
 */
export const LAB_PASSPHRASE = "phoenix-lab";

/** Variables that give the lab's engine the passphrase, and let it keep the derived key: deriving takes 0.2 s. */
export const labPassphrase = {
  PULUMI_CONFIG_PASSPHRASE: LAB_PASSPHRASE,
  LAB_PUBLIC_PASSPHRASE: LAB_PASSPHRASE,
};

/** The backend `pulumi login` chose, if any. */
function pulumiLogin(): string | undefined {
  if (process.env.PULUMI_ACCESS_TOKEN) return "https://api.pulumi.com";
  const file = join(process.env.PULUMI_HOME || join(homedir(), ".pulumi"), "credentials.json");
  if (!existsSync(file)) return undefined;
  try {
    return (JSON.parse(readFileSync(file, "utf8")) as { current?: string }).current || undefined;
  } catch {
    return undefined;
  }
}

/** The state backend of the project itself: a folder, made when missing. */
function ownBackend(): string {
  const folder = join(stateFolder, "state");
  mkdirSync(folder, { recursive: true });
  return pathToFileURL(folder).href;
}

/**
 * Environment variables for the engine: where the stack's state is kept and what encrypts its secrets.
 *
 * State: `$PULUMI_BACKEND_URL`; else, for a real host, the user's `pulumi login`; else `.phoenix/state`.
 * Passphrase: the user's variables; else, for the lab only, {@link LAB_PASSPHRASE}.
 * @throws UserError when a real host's stack needs a passphrase and none is set.
 */
export function backendVariables(stack: Stack): Record<string, string> {
  const { PULUMI_BACKEND_URL, PULUMI_CONFIG_PASSPHRASE, PULUMI_CONFIG_PASSPHRASE_FILE } = process.env;
  const lab = isLabStack(stack);
  const login = lab ? undefined : pulumiLogin();
  const url = PULUMI_BACKEND_URL || login || ownBackend();
  const variables: Record<string, string> = login && !PULUMI_BACKEND_URL ? {} : { PULUMI_BACKEND_URL: url };
  if (PULUMI_CONFIG_PASSPHRASE !== undefined || PULUMI_CONFIG_PASSPHRASE_FILE) return variables;
  if (lab) return { ...variables, ...labPassphrase };
  const byService = url.startsWith("https://") || url.startsWith("http://");
  const needsPassphrase = (stack.secretsProvider ?? (byService ? "service" : "passphrase")) === "passphrase";
  if (!needsPassphrase) return variables;
  throw new UserError(
    `The secrets of stack "${stack.name}" are encrypted with a passphrase of yours. Set it, and keep it:\n` +
      `  export PULUMI_CONFIG_PASSPHRASE=…   (or PULUMI_CONFIG_PASSPHRASE_FILE=FILE)`,
  );
}
