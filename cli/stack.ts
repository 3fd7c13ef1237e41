import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parse } from "yaml";
import { BAD_ARGUMENTS, UserError } from "./errors";
import { root, selectedStack, stackFile } from "./paths";

/** The two JSON files an estate is described by; absolute paths. */
export interface EstateFiles {
  hypervisorConfig: string;
  lxcConfigs: string;
}

/** A stack as its Pulumi.<name>.yaml describes it. */
export interface Stack {
  name: string;
  /** Whether Pulumi.<name>.yaml exists. */
  exists: boolean;
  /** Plain values under `config:`; a secret is an object `{secure: …}` there. */
  config: Record<string, unknown>;
  /** `secretsprovider:` of the file; undefined means a passphrase. */
  secretsProvider?: string;
  /** `environment:` of the file: settings that Pulumi ESC gives, which are not in the file. */
  environment?: unknown;
}

/** Pulumi allows letters, digits, `-`, `_` and `.` in a stack's name, 100 at most. */
const STACK_NAME = /^[A-Za-z0-9_.-]{1,100}$/;

/** `--stack`, else `$PHOENIX_STACK`, else the one `phoenix init` made last, else `dev`. */
export function chooseStack(option: string | undefined): string {
  const name = option ?? (process.env.PHOENIX_STACK || selectedStack() || "dev");
  if (!STACK_NAME.test(name)) {
    throw new UserError(
      `"${name}" is no name for a stack: letters, digits, "-", "_" and "." only, 100 at most.`,
      BAD_ARGUMENTS,
    );
  }
  return name;
}

/** Reads Pulumi.<name>.yaml; a missing file is a stack without settings. */
export function readStack(name: string): Stack {
  const file = stackFile(name);
  if (!existsSync(file)) return { name, exists: false, config: {} };
  let content: unknown;
  try {
    content = parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new UserError(`Pulumi.${name}.yaml is not YAML: ${(error as Error).message}`);
  }
  const { config, secretsprovider, environment } = (content ?? {}) as {
    config?: Record<string, unknown>;
    secretsprovider?: string;
    environment?: unknown;
  };
  return { name, exists: true, config: config ?? {}, secretsProvider: secretsprovider, environment };
}

/** A plain setting `phoenix:<key>`, if the stack has it. */
export function setting(stack: Stack, key: string): string | undefined {
  const value = stack.config[`phoenix:${key}`];
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** The name by which the node knows the stack. */
export function identityOf(stack: Stack): string {
  return setting(stack, "identity") ?? stack.name;
}

/** The stack's two files; relative paths count from the project. */
export function estateFiles(stack: Stack): EstateFiles {
  const hypervisorConfig = setting(stack, "hypervisorConfig");
  const lxcConfigs = setting(stack, "lxcConfigs");
  if (!hypervisorConfig || !lxcConfigs) {
    const missing = stack.exists
      ? `Pulumi.${stack.name}.yaml lacks phoenix:${hypervisorConfig ? "lxcConfigs" : "hypervisorConfig"}`
      : `There is no stack "${stack.name}" (no Pulumi.${stack.name}.yaml)`;
    throw new UserError(
      `${missing}. Make the stack with:\n` +
        `  phoenix init --stack ${stack.name} --hypervisor-config FILE --lxc-configs FILE`,
    );
  }
  return { hypervisorConfig: resolve(root, hypervisorConfig), lxcConfigs: resolve(root, lxcConfigs) };
}

/**
 * Whether the stack uses the lab: it has no host of its own. An address may be encrypted.
 *
 * @throws UserError where only Pulumi knows: settings come from Pulumi ESC, too
 */
export function isLabStack(stack: Stack): boolean {
  const address = stack.config["phoenix:address"];
  if (address !== undefined && address !== null && address !== "") return false;
  if (stack.environment !== undefined) {
    throw new UserError(
      `Pulumi.${stack.name}.yaml takes settings from Pulumi ESC (environment:), so whether stack "${stack.name}" is a ` +
        `host or the lab cannot be determined: put phoenix:address into the file itself.`,
    );
  }
  return true;
}

/** The stack's host as messages name it. */
export const hostName = (stack: Stack): string => setting(stack, "address") ?? "(address encrypted)";
