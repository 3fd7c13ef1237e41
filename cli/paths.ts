import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { isAbsolute, join, relative, resolve } from "node:path";

/** The project: the folder of Pulumi.yaml. Pulumi itself reads Pulumi.<stack>.yaml there. */
export const root = resolve(__dirname, "..");

export const labEngine = join(root, "lab", "bin", "pulumi");
export const labCommand = join(root, "lab", "bin", "lab");
export const labPlugins = join(root, "lab", "plugins", "bin");

/** State, logs and the stack selected last. */
export const stateFolder = join(root, ".phoenix");

/** The machine a stack has in the lab. */
export function labFolder(stack: string): string {
  return join(root, ".lab", stack);
}

export function stackFile(stack: string): string {
  return join(root, `Pulumi.${stack}.yaml`);
}

/** Names of the stacks that have a file. */
export function stacksWithFile(): string[] {
  return readdirSync(root).flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? []);
}

const selectedFile = join(stateFolder, "stack");

/** The stack that `phoenix init` selected last. */
export function selectedStack(): string | undefined {
  return existsSync(selectedFile) ? readFileSync(selectedFile, "utf8").trim() || undefined : undefined;
}

export function rememberStack(stack: string): void {
  mkdirSync(stateFolder, { recursive: true });
  writeFileSync(selectedFile, `${stack}\n`);
}

/** A path as it is written to a stack's file: relative inside the project, absolute outside. */
export function portablePath(file: string): string {
  const absolute = resolve(file);
  const inside = relative(root, absolute);
  return inside.startsWith("..") || isAbsolute(inside) ? absolute : inside;
}
