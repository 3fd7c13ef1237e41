import { createHash } from "node:crypto";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { UserError } from "../errors";
import { readIfPresent, writeAtomically } from "./files";
import type { Project } from "./project";

export const pulumiHome = (): string => process.env["PULUMI_HOME"] || join(homedir(), ".pulumi");

const credentialsPath = (): string => join(pulumiHome(), "credentials.json");

interface Credentials {
  current?: string;
  [other: string]: unknown;
}

function readCredentials(): Credentials {
  const text = readIfPresent(credentialsPath());
  return text ? (JSON.parse(text) as Credentials) : {};
}

export function saveLogin(url: string | undefined): void {
  const rest = readCredentials();
  delete rest.current;
  writeAtomically(
    credentialsPath(),
    `${JSON.stringify({ ...rest, ...(url ? { current: url } : {}) }, null, 4)}\n`,
    0o600,
  );
}

/** PULUMI_BACKEND_URL, else Pulumi.yaml's backend.url, else the login. */
export function backendUrl(project: Project | undefined): string {
  const url = process.env["PULUMI_BACKEND_URL"] || project?.backendUrl || readCredentials().current;
  if (!url) {
    throw new UserError(
      "PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions; " +
        "this engine keeps state in files only: set PULUMI_BACKEND_URL=file://<folder> or run `pulumi login file://<folder>`",
    );
  }
  return url;
}

/** The folder of a `file://` URL; `~` and relative paths as Pulumi takes them. */
export function backendFolder(url: string, base: string): string {
  if (!url.startsWith("file://")) throw new UserError(`backend ${url} is not supported: only file:// is`);
  const path = decodeURIComponent(url.slice("file://".length).replace(/\?.*$/, ""));
  if (path === "~" || path.startsWith("~/")) return join(homedir(), path.slice(1));
  return resolve(base, path || ".");
}

function selectionPath(project: Project): string {
  const file = join(project.root, "Pulumi.yaml");
  const hash = createHash("sha1").update(file).digest("hex");
  return join(pulumiHome(), "workspaces", `${project.name}-${hash}-workspace.json`);
}

/** Pulumi's own file: the selected stack by the backend's URL; `stack` is how older engines wrote it. */
interface Selection {
  stack?: string;
  stacks?: Record<string, string>;
}

function readSelection(project: Project): Selection {
  const text = readIfPresent(selectionPath(project));
  return text ? (JSON.parse(text) as Selection) : {};
}

const selectedOnDisk = (project: Project, selection: Selection): string | undefined =>
  selection.stacks?.[backendUrl(project)] ?? selection.stack;

export function selectedStack(project: Project): string | undefined {
  const found = process.env["PULUMI_STACK"] || selectedOnDisk(project, readSelection(project));
  return found ? shortStackName(found) : undefined;
}

export function selectStack(project: Project, stack: string | undefined): void {
  const before = readSelection(project);
  const name = stack && `organization/${project.name}/${stack}`;
  if (selectedOnDisk(project, before) === name) return;
  const stacks = { ...before.stacks };
  delete stacks[backendUrl(project)];
  if (name) stacks[backendUrl(project)] = name;
  writeAtomically(selectionPath(project), `${JSON.stringify({ stacks }, null, 4)}\n`);
}

/** `organization/project/stack`, `project/stack` or `stack`. */
export function shortStackName(reference: string): string {
  const parts = reference.split("/");
  if (parts.length === 3 && parts[0] !== "organization")
    throw new UserError("organization name must be 'organization'");
  const name = parts.at(-1) ?? "";
  if (!/^[A-Za-z0-9_.-]{1,100}$/.test(name)) {
    const at = name.search(/[^A-Za-z0-9_.-]/);
    throw new UserError(
      at < 0
        ? "a stack name must be of 1 to 100 characters"
        : "a stack name may only contain alphanumeric, hyphens, underscores, or periods: " +
            `invalid character '${name[at]}' at position ${at}`,
    );
  }
  return name;
}
