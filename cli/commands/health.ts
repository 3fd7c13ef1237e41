import { join } from "node:path";
import type { Command } from "commander";
import { healthSettings, stackTag } from "../../components/container/settings";
import { scriptText, settingsText } from "../../components/host/script";
import type { ContainerSpec } from "../../config/model";
import { withPower } from "../../config/power";
import { commonOptions, withCommonOptions, type CommonOptions } from "../arguments";
import { EngineSession } from "../engine";
import { BAD_ARGUMENTS, UserError } from "../errors";
import { checkEstate, shown } from "../estate";
import { root } from "../paths";
import { requireKnown, title } from "../scope";
import { Ssh } from "../ssh";
import { chooseStack, estateFiles, powerOfStack, readStack } from "../stack";

/** Checks that run side by side. A stock sshd drops some of more than ten connections that come at once. */
const AT_ONCE = 8;

/** What a container's health check came to. */
interface Health {
  ctid: number;
  name: string;
  /** `none`: it has neither a health check nor a GPU; `stopped`: it is not to run. */
  status: "ok" | "failed" | "none" | "stopped";
  reason?: string;
}

/** The same program as the health step of an `up`. */
const script = () =>
  scriptText(
    ...["guest", "health"].map((name) => join(root, "components", "container", "scripts", `${name}.sh`)),
  );

/** The script's own last word; what a connection or an interpreter said, where there is none. */
function reasonOf(stderr: string, code: number): string {
  const lines = stderr
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
  const own = lines.filter((line) => line.startsWith("phoenix: ")).at(-1);
  if (own !== undefined) return own.slice("phoenix: ".length);
  const last = lines.at(-1) ?? `exit code ${code}`;
  // The exit code with which ssh tells its own failures.
  return code === 255 ? `the host was not reached: ${last}` : last;
}

async function check(ssh: Ssh, text: string, tag: string, spec: ContainerSpec): Promise<Health> {
  const { ctid, name, healthCheck, usesDriver } = spec;
  if (spec.state === "stopped") return { ctid, name, status: "stopped" };
  if (!healthCheck && !usesDriver) return { ctid, name, status: "none" };
  const { code, stderr } = await ssh.script(text, settingsText(healthSettings(spec, tag, "")));
  if (code === 0) return { ctid, name, status: "ok" };
  return { ctid, name, status: "failed", reason: reasonOf(stderr, code) };
}

/** Results in the order of the items, at most {@link AT_ONCE} at a time. */
async function sideBySide<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const waiting = [...items.entries()];
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) results[next[0]] = await work(next[1]);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}

function line({ status, reason, ...container }: Health): string {
  const said = {
    ok: "ok",
    failed: `failed: ${reason}`,
    none: "no health check",
    stopped: "stopped, as it is to be",
  };
  return `${title(container)}: ${said[status]}\n`;
}

async function health(words: readonly string[], options: CommonOptions): Promise<number> {
  const wrong = words.find((word) => !/^\d+$/.test(word));
  if (wrong !== undefined) {
    throw new UserError(`phoenix health takes CTIDs, and "${wrong}" is none.`, BAD_ARGUMENTS);
  }
  const ctids = words.map(Number);
  const stack = readStack(chooseStack(options.stack));
  const files = estateFiles(stack);
  const { containers } = checkEstate(files);
  requireKnown(containers, shown(files.lxcConfigs), ctids);
  const chosen = withPower(containers, powerOfStack(stack)).filter(
    ({ ctid }) => ctids.length === 0 || ctids.includes(ctid),
  );

  const session = await EngineSession.open(stack, options.engine, true);
  process.stderr.write(`${session.header()}\n`);
  await session.ensureStack();
  const ssh = await Ssh.open(session);
  try {
    const text = script();
    const tag = stackTag(stack.name);
    const results = await sideBySide(chosen, (spec) => check(ssh, text, tag, spec));
    const ok = results.every(({ status }) => status !== "failed");
    process.stdout.write(
      options.json ? `${JSON.stringify({ ok, containers: results }, null, 2)}\n` : results.map(line).join(""),
    );
    return ok ? 0 : 1;
  } finally {
    ssh.close();
  }
}

/** `phoenix health`: the health checks of an `up`, at any time. */
export function addHealthCommand(program: Command): void {
  withCommonOptions(program.command("health [ctids...]"))
    .summary("run the containers' health checks now")
    .description(
      "Runs the health check of every container, or of those named, on the host as `up` does: the entry's own\n" +
        "command with its retries and time limit, and nvidia-smi where a GPU is assigned. Changes nothing.\n" +
        "One line for each container; exit code 1 when a check fails. A container without a check says so.",
    )
    .addHelpText("after", "\nExamples:\n  phoenix health\n  phoenix health 950 953\n  phoenix health --json")
    .action(async (words: string[], _options: unknown, command: Command) => {
      process.exitCode = await health(words, commonOptions(command));
    });
}
