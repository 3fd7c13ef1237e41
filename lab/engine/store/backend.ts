import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { stackNotFound, UserError } from "../errors";
import { keepAsBackup, readIfPresent, writeAtomically } from "./files";
import { manifestNow, type Deployment } from "./serialize";

/** What `stack history` tells of one update. */
export interface UpdateRecord {
  kind: string;
  startTime: number;
  message: string;
  environment: Record<string, string>;
  config: Record<string, { value: string; secret: boolean }>;
  result: "succeeded" | "failed" | "in-progress";
  endTime: number;
  version?: number;
  resourceChanges?: Record<string, number>;
}

/** A folder in the layout of Pulumi's self-managed backend. */
export class Backend {
  readonly root: string;

  constructor(
    readonly url: string,
    folder: string,
    private readonly project: string,
  ) {
    this.root = join(folder, ".pulumi");
  }

  private ensureMeta(): void {
    const meta = join(this.root, "meta.yaml");
    if (!existsSync(meta)) writeAtomically(meta, "version: 1\n");
  }

  stackPath(stack: string): string {
    return join(this.root, "stacks", this.project, `${stack}.json`);
  }

  private dirOf(kind: "history" | "backups", stack: string): string {
    return join(this.root, kind, this.project, stack);
  }

  lockDir(stack: string): string {
    return join(this.root, "locks", "organization", this.project, stack);
  }

  exists(stack: string): boolean {
    return existsSync(this.stackPath(stack));
  }

  list(): string[] {
    const dir = join(this.root, "stacks", this.project);
    if (!existsSync(dir)) return [];
    return readdirSync(dir)
      .filter((f) => f.endsWith(".json"))
      .map((f) => f.slice(0, -".json".length))
      .sort();
  }

  create(stack: string, salt: string): void {
    if (this.exists(stack))
      throw new UserError(`stack 'organization/${this.project}/${stack}' already exists`);
    this.ensureMeta();
    writeAtomically(
      this.stackPath(stack),
      this.checkpointText(stack, Buffer.from(JSON.stringify(emptyDeployment(salt)))),
    );
  }

  /** Backups stay unless told otherwise, as in Pulumi. */
  remove(stack: string, backupsToo: boolean): void {
    rmSync(this.stackPath(stack), { force: true });
    rmSync(`${this.stackPath(stack)}.bak`, { force: true });
    rmSync(this.dirOf("history", stack), { recursive: true, force: true });
    rmSync(this.tagsPath(stack), { force: true });
    if (backupsToo) rmSync(this.dirOf("backups", stack), { recursive: true, force: true });
    rmSync(this.lockDir(stack), { recursive: true, force: true });
  }

  /** @returns undefined before the first update. */
  read(stack: string): Deployment | undefined {
    const text = readIfPresent(this.stackPath(stack));
    if (text === undefined) throw stackNotFound(stack);
    const file = parseCheckpoint(text, this.stackPath(stack));
    return file.checkpoint.latest;
  }

  write(stack: string, deployment: Deployment): void {
    this.writeText(stack, Buffer.from(JSON.stringify(deployment)));
  }

  /** `deployment` is JSON already: the engine puts it together from parts it keeps. */
  writeText(stack: string, deployment: Buffer): void {
    const path = this.stackPath(stack);
    keepAsBackup(path);
    writeAtomically(path, this.checkpointText(stack, deployment), 0o600);
  }

  /** What the state file holds, around a deployment that is JSON already. */
  checkpointText(stack: string, deployment: Buffer | undefined): Buffer {
    const name = JSON.stringify(`organization/${this.project}/${stack}`);
    const latest = deployment === undefined ? [] : [Buffer.from(',"latest":'), deployment];
    return Buffer.concat([
      Buffer.from(`{"version":3,"checkpoint":{"stack":${name}`),
      ...latest,
      Buffer.from("}}"),
    ]);
  }

  /** Keeps a copy of the state under backups/ and the record of an update under history/. */
  record(stack: string, update: UpdateRecord): void {
    const nanos = `${BigInt(Date.now()) * 1_000_000n}`;
    const state = readIfPresent(this.stackPath(stack));
    const history = this.dirOf("history", stack);
    const base = join(history, `${stack}-${nanos}`);
    if (state !== undefined) {
      writeAtomically(`${base}.checkpoint.json`, state, 0o600);
      writeAtomically(join(this.dirOf("backups", stack), `${stack}.${nanos}.json`), state, 0o600);
    }
    writeAtomically(`${base}.history.json`, JSON.stringify(update, null, 4));
  }

  /** Newest first, numbered from the oldest. */
  history(stack: string): UpdateRecord[] {
    const dir = this.dirOf("history", stack);
    if (!existsSync(dir)) return [];
    const files = readdirSync(dir)
      .filter((f) => f.endsWith(".history.json"))
      .sort();
    return files
      .map((f, i) => ({
        ...(JSON.parse(readIfPresent(join(dir, f)) ?? "{}") as UpdateRecord),
        version: i + 1,
      }))
      .reverse();
  }

  /** @param deployment what the state is under the new name; undefined before the first update. */
  rename(stack: string, to: string, deployment: Deployment | undefined): void {
    const text = deployment && Buffer.from(JSON.stringify(deployment));
    writeAtomically(this.stackPath(to), this.checkpointText(to, text), 0o600);
    rmSync(this.stackPath(stack));
    rmSync(`${this.stackPath(stack)}.bak`, { force: true });
    if (existsSync(this.tagsPath(stack))) renameSync(this.tagsPath(stack), this.tagsPath(to));
    for (const kind of ["history", "backups"] as const) this.renameRecords(kind, stack, to);
  }

  /** Their files carry the stack's name too. */
  private renameRecords(kind: "history" | "backups", stack: string, to: string): void {
    const [from, next] = [this.dirOf(kind, stack), this.dirOf(kind, to)];
    if (!existsSync(from)) return;
    mkdirSync(next, { recursive: true });
    for (const file of readdirSync(from)) {
      const name = file.startsWith(stack) ? to + file.slice(stack.length) : file;
      renameSync(join(from, file), join(next, name));
    }
    rmSync(from, { recursive: true });
  }

  private tagsPath(stack: string): string {
    return join(this.root, "stacks", this.project, `${stack}.pulumi-tags`);
  }

  tags(stack: string): Record<string, string> {
    const text = readIfPresent(this.tagsPath(stack));
    return text ? (JSON.parse(text) as { tags: Record<string, string> }).tags : {};
  }

  /** In the form of Pulumi's own file backend: `{"version":1,"tags":{…}}` beside the state. */
  saveTags(stack: string, tags: Record<string, string>): void {
    writeAtomically(this.tagsPath(stack), JSON.stringify({ version: 1, tags }));
  }
}

export function emptyDeployment(salt: string | undefined): Deployment {
  return {
    manifest: manifestNow(),
    ...(salt ? { secrets_providers: { type: "passphrase", state: { salt } } } : {}),
    metadata: {},
  };
}

function parseCheckpoint(text: string, path: string): { checkpoint: { latest?: Deployment } } {
  let file: { version?: number; checkpoint?: { latest?: Deployment } };
  try {
    file = JSON.parse(text) as typeof file;
  } catch (error) {
    throw new UserError(`failed to load checkpoint ${path}: ${(error as Error).message}`);
  }
  if (file.version !== 3 || !file.checkpoint) {
    throw new UserError(
      `failed to load checkpoint ${path}: version ${String(file.version)} is not supported, only 3 is`,
    );
  }
  return { checkpoint: file.checkpoint };
}
