import { UserError } from "./errors";
import { labCommand, labFolder } from "./paths";
import { capture, run } from "./process";

/** What `lab info --json` prints. */
export interface LabInfo {
  ssh: { host: string; port: number; user: string; privateKeyFile: string; hostKey: string };
  api: { endpoint: string; username: string; password: string; node: string };
}

/** Runs `lab <command>` for the stack's machine, its output on our terminal; gives the exit code. */
export function runLab(stack: string, command: string, args: string[] = []): Promise<number> {
  return run(labCommand, [command, "--dir", labFolder(stack), ...args]);
}

/**
 * The connection of the stack's lab machine, which is started when it does not run.
 * The machine keeps its disks, guests, keys and ports between runs.
 */
export async function ensureLab(stack: string): Promise<LabInfo> {
  const { code, stdout, stderr } = await capture(labCommand, ["start", "--dir", labFolder(stack), "--json"]);
  if (code === 0) return JSON.parse(stdout) as LabInfo;
  throw new UserError(`The lab machine of stack ${stack} did not start: ${stderr.trim()}`);
}

/** The environment variables by which the program learns of a lab machine instead of from the stack. */
export function connectionVariables({ ssh, api }: LabInfo): Record<string, string> {
  return {
    PHOENIX_ADDRESS: ssh.host,
    PHOENIX_PORT: String(ssh.port),
    PHOENIX_USER: ssh.user,
    PHOENIX_HOST_KEY: ssh.hostKey,
    PHOENIX_PRIVATE_KEY_FILE: ssh.privateKeyFile,
    PHOENIX_API_ENDPOINT: api.endpoint,
    PHOENIX_API_USER: api.username,
    PHOENIX_API_PASSWORD: api.password,
    PHOENIX_API_INSECURE: "true",
    PHOENIX_NODE: api.node,
  };
}
