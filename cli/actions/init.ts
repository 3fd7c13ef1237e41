import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { Option, type Command } from "commander";
import { commonOptions, type CommonOptions } from "../arguments";
import { BAD_ARGUMENTS, UserError } from "../errors";
import { EngineSession } from "../engine";
import { checkEstate, shown } from "../estate";
import { SETTINGS } from "../init-settings";
import { portablePath, rememberStack, root } from "../paths";
import { chooseStack, readStack, type EstateFiles, type Stack } from "../stack";
import { hypervisorDocument, lxcDocument, newFiles, writeNew } from "../write-estate";
import {
  apiPassword,
  askForHost,
  lookByHost,
  lookByLab,
  settleHostKey,
  tryApi,
  type HostOptions,
  type Settings,
} from "./init-node";

export interface InitOptions extends HostOptions {
  hypervisorConfig?: string;
  lxcConfigs?: string;
  lab?: boolean;
  connect?: boolean;
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
  const { address, privateKeyFile } = settings;
  if (address === undefined) {
    const extra = SETTINGS.find(({ key }) => settings[key] !== undefined);
    if (!extra) return;
    throw new UserError(`${extra.flag.split(" ")[0]} without --address: which host?`, BAD_ARGUMENTS);
  }
  if (
    privateKeyFile !== undefined &&
    !privateKeyFile.startsWith("~/") &&
    !existsSync(resolve(root, privateKeyFile))
  ) {
    throw new UserError(`--private-key-file: there is no file ${privateKeyFile}.`, BAD_ARGUMENTS);
  }
}

/** Refuses invalid options before anything is asked or contacted; returns the two files if they are named. */
function namedFiles({ hypervisorConfig, lxcConfigs }: InitOptions): EstateFiles | undefined {
  if (hypervisorConfig && lxcConfigs)
    return { hypervisorConfig: resolve(hypervisorConfig), lxcConfigs: resolve(lxcConfigs) };
  if (!hypervisorConfig && !lxcConfigs) return undefined;
  throw new UserError(
    `--hypervisor-config and --lxc-configs belong together: ${hypervisorConfig ? "--lxc-configs" : "--hypervisor-config"} is missing.`,
    BAD_ARGUMENTS,
  );
}

/** What is known of the host before anything is written; the password only where there is one. */
async function contactHost(stack: string, settings: Settings, options: InitOptions) {
  if (options.connect === false) {
    if (settings.address !== undefined && settings.hostKey === undefined) {
      throw new UserError("--no-connect with --address needs --host-key.", BAD_ARGUMENTS);
    }
    return {};
  }
  if (settings.address === undefined) return { survey: await lookByLab(stack) };
  await settleHostKey(settings, options);
  const password = await apiPassword(settings, options);
  const survey = await lookByHost(settings);
  settings.nodeName ??= survey.hostname;
  if (password !== undefined) await tryApi(settings, password);
  return { survey, password };
}

/** Makes a stack, and selects it. */
export async function init(command: Command, options: InitOptions): Promise<void> {
  const common = commonOptions(command);
  const name = chooseStack(common.stack);
  const named = namedFiles(options);
  const files = named ?? newFiles(name);
  const wanted = wantedSettings(command, files.hypervisorConfig, files.lxcConfigs);
  const asks = process.stdin.isTTY && process.stderr.isTTY && !common.yes;
  if (named === undefined && wanted.address === undefined && !options.lab) {
    if (!asks) {
      throw new UserError(
        "phoenix init needs a host to look at (--address HOST, or --lab), or the two files: " +
          "--hypervisor-config FILE and --lxc-configs FILE.",
        BAD_ARGUMENTS,
      );
    }
    await askForHost(wanted);
  }
  requireKnownHost(wanted);
  const stack = readStack(name);
  if (stack.exists && (named === undefined || wanted.hostKey !== undefined || wanted.address === undefined)) {
    checkExisting(stack, wanted);
  }
  if (named) checkEstate(named);
  else if (existsSync(files.hypervisorConfig) || existsSync(files.lxcConfigs)) {
    throw new UserError(
      `${shown(dirname(files.lxcConfigs))} has a stack's files already, and nothing is overwritten. ` +
        "Name them (--hypervisor-config, --lxc-configs), or take another stack's name.",
    );
  }
  const looks = named === undefined || wanted.address !== undefined;
  const { survey, password } = looks ? await contactHost(name, wanted, options) : {};
  if (stack.exists) checkExisting(stack, wanted);
  if (!named && survey) {
    const hypervisor = hypervisorDocument(survey, files.hypervisorConfig);
    writeNew(files.hypervisorConfig, hypervisor);
    writeNew(files.lxcConfigs, lxcDocument(files.lxcConfigs));
    process.stderr.write(`Wrote ${shown(files.hypervisorConfig)} and ${shown(files.lxcConfigs)}.\n`);
    checkEstate(files);
  }
  await makeStack(stack, wanted, common, password);
}

/** Writes the stack's settings, secrets encrypted, and selects it. */
async function makeStack(stack: Stack, wanted: Settings, common: CommonOptions, password?: string) {
  // Where the state is kept and how it is encrypted depends on whether the stack has a host of its own.
  const planned: Stack = {
    ...stack,
    config: Object.fromEntries(Object.entries(wanted).map(([key, value]) => [`phoenix:${key}`, value])),
  };
  const session = await EngineSession.open(planned, common.engine, false);
  await session.makeStack();
  const set = ["--stack", stack.name, "--non-interactive"];
  if (!stack.exists) {
    for (const [key, value] of Object.entries(wanted)) {
      await session.read(["config", "set", `phoenix:${key}`, value, ...set]);
    }
    if (password !== undefined) {
      await session.read(["config", "set", "--secret", "phoenix:apiPassword", ...set], password);
    }
  }
  rememberStack(stack.name);
  process.stderr.write(
    `${session.header()}\nStack ${stack.name} is ready and selected (Pulumi.${stack.name}.yaml). Next: phoenix preview\n`,
  );
  if (wanted.address !== undefined && password === undefined) {
    process.stderr.write(
      `Its API password goes in as a secret:\n` +
        `  pulumi config set --stack ${stack.name} --secret phoenix:apiPassword\n`,
    );
  }
}
