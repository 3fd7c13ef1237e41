/** The secrets that a run knows, so that no log and no terminal shows them. */
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { machineFile } from "../../config/forms/machine-path";
import { LAB_PASSPHRASE } from "../backend";
import { root } from "../paths";
import { setting, type Stack } from "../stack";

/** Where a run's secrets may be: in its stack, in its environment, in the engine's answers. */
interface Run {
  stack: Stack;
  env: NodeJS.ProcessEnv;
  /** Runs the engine; gives its standard output. */
  read(args: string[]): Promise<string>;
}

/** Variables whose value is a secret, or with _FILE the path of one. */
const VARIABLE = /^(PHOENIX|PULUMI)_.*(PASSWORD|PASSPHRASE|PRIVATE_KEY|TOKEN|SECRET)/;
/** Keys of the two files whose value is a secret, wherever they stand. */
const KEY = /password|passphrase|secret|token/i;

function contentOf(path: string): string[] {
  const file = path.startsWith("~/") ? join(homedir(), path.slice(2)) : resolve(root, path);
  try {
    return existsSync(file) ? [readFileSync(file, "utf8")] : [];
  } catch {
    return []; // Whatever needs the file reports it.
  }
}

function fromEnvironment(env: NodeJS.ProcessEnv): string[] {
  return Object.entries(env).flatMap(([name, value]) => {
    if (!value || !VARIABLE.test(name) || value === LAB_PASSPHRASE) return [];
    return name.endsWith("_FILE") ? contentOf(value) : [value];
  });
}

function stringsOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(stringsOf) : [];
}

function atSecretKeys(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, one]) => (KEY.test(key) ? stringsOf(one) : atSecretKeys(one)));
}

/** A file of the stack, and the machines' file that it names. */
function withMachines(file: string): string[] {
  try {
    return [
      file,
      ...contentOf(file).flatMap((text) => machineFile(resolve(root, file), JSON.parse(text)) ?? []),
    ];
  } catch {
    return [file];
  }
}

function fromFiles(run: Run): string[] {
  const files = ["hypervisorConfig", "lxcConfigs"].flatMap((key) => setting(run.stack, key) ?? []);
  return files
    .flatMap(withMachines)
    .flatMap(contentOf)
    .flatMap((text) => {
      try {
        return atSecretKeys(JSON.parse(text));
      } catch {
        return []; // The check of the files reports what is wrong.
      }
    });
}

interface Setting {
  value?: string;
  objectValue?: unknown;
  secret?: boolean;
}

async function fromConfiguration(run: Run): Promise<string[]> {
  let config: Record<string, Setting>;
  try {
    const asked = ["config", "--json", "--show-secrets", "--stack", run.stack.name];
    config = JSON.parse(await run.read(asked)) as typeof config;
  } catch {
    return []; // The run itself fails for the same reason, and reports it.
  }
  return Object.values(config)
    .filter(({ secret }) => secret)
    .flatMap(({ value, objectValue }) => stringsOf(objectValue ?? value));
}

/**
 * Secrets of the environment, of key files and of the two files; with `configuration`, which asks the engine, also
 * those that stand encrypted in the stack's file.
 */
export async function knownSecrets(run: Run, configuration: boolean): Promise<string[]> {
  const key = setting(run.stack, "privateKeyFile");
  const found = [
    ...fromEnvironment(run.env),
    ...(key === undefined ? [] : contentOf(key)),
    ...fromFiles(run),
    ...(configuration ? await fromConfiguration(run) : []),
  ];
  return [...new Set(found)].filter((text) => text !== "NOT_SET");
}
