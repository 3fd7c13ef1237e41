import { createRequire } from "node:module";
import type { Command } from "commander";
import { commonOptions, pulumiArguments, splitArguments, withCommonOptions } from "../arguments";

const load = createRequire(__filename);
const actions = () => load("../actions/converge.ts") as typeof import("../actions/converge");

const COMMANDS = [
  {
    name: "preview",
    takesGuests: true,
    summary: "show what would change; changes nothing",
    description:
      "Checks the two files, then shows which steps `up` would run on the host and why. Changes nothing.\n" +
      "With guests, `host`, `containers` or `vms` in front of every flag: what `up` with them would do.",
    examples: `
  phoenix preview 950 953 web          only these guests, with what they need
  phoenix preview --diff               each property that changes
  phoenix preview --no-drift           do not look at the host for what was changed there by hand
  phoenix preview --json               the plan for other programs
  phoenix preview --expect-no-changes  exit code 1 when something would change`,
  },
  {
    name: "up",
    takesGuests: true,
    summary: "converge the host and its guests, or single containers with what they need",
    description:
      "Checks the two files, shows the plan and asks, then converges: the host first, its set-up, pools,\n" +
      "datasets and storages, then every guest in the order of its dependencies and clone sources, side by\n" +
      "side where it may be. A guest that fails stops only those that depend on it; the next run goes on where\n" +
      "this one stopped. A second run changes nothing: it only looks at the host, by one SSH connection.\n" +
      "With guests in front of every flag, by CTID, VMID or name: those, all that they depend on or are cloned from,\n" +
      "the templates, images, folders and storages they use and the host's set-up before them; nothing else.\n" +
      "`containers` and `vms` stand for all of them, `host` for the host's own set-up.",
    examples: `
  phoenix up                           show the plan, ask, converge
  phoenix up --yes                     do not ask (scripts, CI)
  phoenix up 950 953 web               only these guests, with what they need
  phoenix up host                      only the host: set-up, driver, storages, shares
  phoenix up --yes --expect-no-changes fail if anything differs
  phoenix up --yes --no-drift          leave what was changed on the host by hand as it is
  phoenix up --yes --parallel 4        at most 4 steps at a time`,
  },
  {
    name: "refresh",
    takesGuests: false,
    summary: "read the guests' state from the host into the stack",
    description:
      "Asks Proxmox VE how the guests are now and takes it into the stack's state, so that the next preview\n" +
      "shows what was changed by hand. Changes nothing on the host.",
    examples: `
  phoenix refresh --yes && phoenix preview --diff`,
  },
] as const;

export function addConvergeCommands(program: Command): void {
  for (const { name, takesGuests, summary, description, examples } of COMMANDS) {
    const usage = `${name} ${takesGuests ? "[guests...]" : "[pulumiFlags...]"}`;
    withCommonOptions(program.command(usage).summary(summary).description(description))
      .allowUnknownOption()
      .addHelpText("after", `\nEvery other flag goes to \`pulumi ${name}\` as it is.\n\nExamples:${examples}`)
      .action(async (_rest: string[], _options: unknown, command: Command) => {
        const rest = takesGuests
          ? splitArguments(command.args)
          : { guests: [], flags: pulumiArguments(name, command.args) };
        process.exitCode = await actions()[name](rest, commonOptions(command));
      });
  }
}
