import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { Option, type Command } from "commander";
import { commonOptions, withCommonOptions } from "../arguments";
import { BAD_ARGUMENTS, UserError } from "../errors";
import { EngineSession } from "../engine";
import { checkEstate } from "../estate";
import { portablePath, rememberStack, root } from "../paths";
import { chooseStack, readStack, type Stack } from "../stack";

/** Options of `phoenix init` and the stack setting each becomes. */
const SETTINGS = [
  {
    flag: "--address <host>",
    key: "address",
    text: "host name or address; without it the stack goes to the lab",
  },
  { flag: "--port <number>", key: "port", text: "SSH port (default 22)" },
  { flag: "--user <name>", key: "user", text: "SSH user (default root)" },
  { flag: "--host-key <line>", key: "hostKey", text: "the host's ed25519 key, as ssh-keyscan prints it" },
  { flag: "--private-key-file <file>", key: "privateKeyFile", text: "private key for SSH", file: true },
  { flag: "--api-endpoint <url>", key: "apiEndpoint", text: "https://<host>:8006/" },
  { flag: "--api-user <name>", key: "apiUser", text: "API user (default root@pam)" },
  { flag: "--api-insecure", key: "apiInsecure", text: "accept the API's self-signed certificate" },
  { flag: "--node <name>", key: "nodeName", text: "the node's name in Proxmox VE" },
] as const;

type Settings = Record<string, string>;

interface InitOptions extends Record<string, unknown> {
  hypervisorConfig?: string;
  lxcConfigs?: string;
}

/** `--host-key <line>` is `hostKey` among the parsed options. */
function attributeName(flag: string): string {
  return new Option(flag).attributeName();
}

/** The stack's settings as the command line gives them, by their keys without `phoenix:`. */
function wantedSettings(command: Command, hypervisorConfig: string, lxcConfigs: string): Settings {
  const settings: Settings = {
    hypervisorConfig: portablePath(hypervisorConfig),
    lxcConfigs: portablePath(lxcConfigs),
  };
  for (const option of SETTINGS) {
    const value = command.getOptionValue(attributeName(option.flag)) as string | boolean | undefined;
    if (value === undefined) continue;
    settings[option.key] = "file" in option ? portablePath(String(value)) : String(value);
  }
  return settings;
}

/** Refuses to change what a stack already says: that may be another host or another estate. */
function checkExisting(stack: Stack, wanted: Settings): void {
  const current = (key: string) => {
    const value = stack.config[`phoenix:${key}`] as string | number | boolean | object | undefined;
    return typeof value === "object" ? "[secret]" : value === undefined ? undefined : String(value);
  };
  const known = ["hypervisorConfig", "lxcConfigs", ...SETTINGS.map(({ key }) => key)];
  const differences = known
    .filter((key) => current(key) !== wanted[key])
    .map(
      (key) => `  phoenix:${key}: ${current(key) ?? "(not set)"}, asked for: ${wanted[key] ?? "(not set)"}`,
    );
  if (differences.length === 0) return;
  throw new UserError(
    `Stack "${stack.name}" exists and says otherwise; nothing was changed:\n${differences.join("\n")}\n` +
      `Take another name, or change it with \`pulumi config set --stack ${stack.name} phoenix:KEY VALUE\`.`,
  );
}

function requireKnownHost(settings: Settings): void {
  const { address, hostKey, privateKeyFile } = settings;
  if (address === undefined) {
    const extra = SETTINGS.find(({ key }) => settings[key] !== undefined);
    if (!extra) return;
    throw new UserError(`${extra.flag.split(" ")[0]} without --address: which host?`, BAD_ARGUMENTS);
  }
  if (hostKey === undefined) {
    throw new UserError(
      `--address needs --host-key, so that nobody can stand in for the host:\n` +
        `  --host-key "$(ssh-keyscan -t ed25519 ${address} 2>/dev/null)"   (compare it with the host's own)`,
      BAD_ARGUMENTS,
    );
  }
  if (privateKeyFile !== undefined && !existsSync(resolve(root, privateKeyFile))) {
    throw new UserError(`--private-key-file: there is no file ${privateKeyFile}.`, BAD_ARGUMENTS);
  }
}

async function init(command: Command, options: InitOptions): Promise<void> {
  const { hypervisorConfig, lxcConfigs } = options;
  if (!hypervisorConfig || !lxcConfigs) {
    throw new UserError("phoenix init needs --hypervisor-config FILE and --lxc-configs FILE.", BAD_ARGUMENTS);
  }
  const common = commonOptions(command);
  const wanted = wantedSettings(command, hypervisorConfig, lxcConfigs);
  requireKnownHost(wanted);
  const stack = readStack(chooseStack(common.stack));
  if (stack.exists) checkExisting(stack, wanted);
  checkEstate({ hypervisorConfig: resolve(hypervisorConfig), lxcConfigs: resolve(lxcConfigs) });

  // Where state goes and what encrypts it depends on whether the stack is to have a host of its own.
  const planned: Stack = {
    ...stack,
    config: Object.fromEntries(Object.entries(wanted).map(([key, value]) => [`phoenix:${key}`, value])),
  };
  const session = await EngineSession.open(planned, common.engine, false);
  await session.ensureStack();
  if (!stack.exists) {
    for (const [key, value] of Object.entries(wanted)) {
      await session.read([
        "config",
        "set",
        `phoenix:${key}`,
        value,
        "--stack",
        stack.name,
        "--non-interactive",
      ]);
    }
  }
  rememberStack(stack.name);
  process.stderr.write(
    `${session.header()}\nStack ${stack.name} is ready and selected (Pulumi.${stack.name}.yaml). Next: phoenix preview\n`,
  );
  if (wanted.address !== undefined) {
    process.stderr.write(
      `Its API password goes in as a secret:\n` +
        `  pulumi config set --stack ${stack.name} --secret phoenix:apiPassword\n`,
    );
  }
}

export function addInitCommand(program: Command): void {
  const command = withCommonOptions(program.command("init"))
    .summary("make a stack from the two JSON files")
    .description(
      "Checks the two files, writes Pulumi.<stack>.yaml, and selects the stack for the commands that follow.\n" +
        "Without --address the stack goes to the lab.",
    )
    .option("--hypervisor-config <file>", "the host: pools, datasets, storages, users, shares, VMs")
    .option("--lxc-configs <file>", "the containers")
    .addHelpText(
      "after",
      `
Examples:
  phoenix init --stack home --hypervisor-config phoenix_hypervisor_config.json --lxc-configs phoenix_lxc_configs.json
  phoenix init --stack home --hypervisor-config a.json --lxc-configs b.json \\
    --address 10.0.0.13 --host-key "$(ssh-keyscan -t ed25519 10.0.0.13 2>/dev/null)" \\
    --private-key-file ~/.ssh/id_ed25519 --api-endpoint https://10.0.0.13:8006/ --node pve`,
    );
  for (const { flag, text } of SETTINGS) command.option(flag, text);
  command.action((options: InitOptions) => init(command, options));
}
