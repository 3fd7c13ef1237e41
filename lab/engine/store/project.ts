import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parse } from "yaml";
import { UserError } from "../errors";

export interface Project {
  /** Folder of Pulumi.yaml. */
  root: string;
  name: string;
  runtime: string;
  options: Record<string, unknown>;
  /** Program folder or file, relative to root. */
  main: string;
  backendUrl?: string;
  stackConfigDir: string;
  config: Record<string, unknown>;
}

/** Looks for Pulumi.yaml here and above. */
export function findProject(cwd: string): Project {
  for (let dir = resolve(cwd); ; dir = dirname(dir)) {
    for (const name of ["Pulumi.yaml", "Pulumi.yml"]) {
      if (existsSync(join(dir, name))) return readProject(join(dir, name));
    }
    if (dir === dirname(dir)) {
      throw new UserError(
        `no Pulumi.yaml project file found (searching upwards from ${cwd}). ` +
          "If you have not created a project yet, use `pulumi new` to do so",
      );
    }
  }
}

function readProject(path: string): Project {
  let text: unknown;
  try {
    text = parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new UserError(`could not parse ${path}: ${(error as Error).message}`);
  }
  const file = (text ?? {}) as Record<string, unknown>;
  if (typeof file["name"] !== "string" || !file["name"]) {
    throw new UserError(`could not validate '${path}': project is missing a 'name' attribute`);
  }
  const runtime = file["runtime"];
  const name = typeof runtime === "string" ? runtime : (runtime as { name?: unknown } | undefined)?.name;
  if (typeof name !== "string") {
    throw new UserError(`could not validate '${path}': project is missing a 'runtime' attribute`);
  }
  const options =
    typeof runtime === "object" ? (runtime as { options?: Record<string, unknown> }).options : undefined;
  const backendUrl = (file["backend"] as { url?: string } | undefined)?.url;
  return {
    root: dirname(path),
    name: file["name"],
    runtime: name,
    options: options ?? {},
    main: typeof file["main"] === "string" ? file["main"] : "",
    ...(backendUrl ? { backendUrl } : {}),
    stackConfigDir: typeof file["stackConfigDir"] === "string" ? file["stackConfigDir"] : "",
    config: (file["config"] ?? {}) as Record<string, unknown>,
  };
}
