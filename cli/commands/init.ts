import { createRequire } from "node:module";
import type { Command } from "commander";
import type { InitOptions } from "../actions/init";
import { refuseJson, withCommonOptions } from "../arguments";
import { SETTINGS } from "../init-settings";

const load = createRequire(__filename);
const actions = () => load("../actions/init.ts") as typeof import("../actions/init");

export function addInitCommand(program: Command): void {
  const command = withCommonOptions(program.command("init"))
    .summary("make a stack: for a host of yours, or from two JSON files")
    .description(
      "Makes a stack, and selects it for the commands that follow. For a host, its key is shown and taken only\n" +
        "when somebody says that it is the right one; SSH and the API are tried, and the node is looked at:\n" +
        "release, bridges, disks, GPUs, storages. Without the two files they are written to environments/<stack>/,\n" +
        "as the node is. Nothing on the host is changed, and nothing that is there is overwritten.\n" +
        "On a terminal it asks for what no flag says. The API password is never an argument: it is asked for, or\n" +
        "comes from $PHOENIX_API_PASSWORD or a file, and is kept encrypted in the stack.",
    )
    .option("--hypervisor-config <file>", "the host: pools, datasets, storages, users, shares, VMs")
    .option("--lxc-configs <file>", "the containers")
    .option("--lab", "look at the stack's lab machine, where no file is named")
    .option(
      "--fingerprint <sha256>",
      "the host key's, instead of being asked: SHA256:… as ssh-keygen -l shows it",
    )
    .option("--api-password-file <file>", "a file with the API password alone")
    .option("--no-connect", "contact no host; needs --host-key with --address")
    .addHelpText(
      "after",
      `
Examples:
  phoenix init --stack home                    asks
  phoenix init --stack home --address 10.0.0.13 --private-key-file ~/.ssh/id_ed25519 --api-insecure \\
    --fingerprint SHA256:… --api-password-file ~/.pve-password
  phoenix init --stack try --hypervisor-config a.json --lxc-configs b.json     on the lab
  phoenix init --stack home --hypervisor-config a.json --lxc-configs b.json --address 10.0.0.13 …`,
    );
  for (const { flag, text } of SETTINGS) command.option(flag, text);
  command.action((options: InitOptions) => {
    refuseJson(command, "init");
    return actions().init(command, options);
  });
}
