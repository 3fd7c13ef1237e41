import { rmSync } from "node:fs";
import { stackNotFound, UserError } from "../errors";
import { Backend } from "../store/backend";
import { findProject, type Project } from "../store/project";
import type { Deployment } from "../store/serialize";
import { Crypter, readPassphrase } from "../store/secrets";
import { StackConfig } from "../store/stackConfig";
import { backendFolder, backendUrl, selectedStack, selectStack, shortStackName } from "../store/workspace";
import type { Arguments } from "./args";

const NONE_SELECTED =
  "no stack selected; please use `pulumi stack select` or `pulumi stack init` to choose one";

/** Where a command works: folder, project, backend and stack, each looked for when first asked. */
export class Session {
  readonly cwd: string;
  private foundProject: Project | undefined;
  private foundBackend: Backend | undefined;
  private crypters = new Map<string, Promise<Crypter>>();

  constructor(readonly args: Arguments) {
    // Every path that a flag gives is meant from there.
    const folder = args.text("cwd");
    try {
      if (folder !== undefined) process.chdir(folder);
    } catch {
      throw new UserError(`chdir ${folder}: no such file or directory`);
    }
    this.cwd = process.cwd();
  }

  get project(): Project {
    return (this.foundProject ??= findProject(this.cwd));
  }

  get backend(): Backend {
    if (!this.foundBackend) {
      const url = backendUrl(this.project);
      this.foundBackend = new Backend(url, backendFolder(url, this.cwd), this.project.name);
    }
    return this.foundBackend;
  }

  /** The named stack, else the selected one. @throws UserError when there is none, or it does not exist. */
  get stack(): string {
    const named = this.args.text("stack");
    const name = named ? shortStackName(named) : selectedStack(this.project);
    if (!name) throw new UserError(NONE_SELECTED);
    if (this.backend.exists(name)) return name;
    if (named) throw stackNotFound(name);
    // A selected stack that has been removed since is as good as none.
    throw new UserError(NONE_SELECTED);
  }

  /** Takes away all that is kept of a stack: its state and history, and what the options name. */
  forget(stack: string, also: { backups: boolean; config: boolean }): void {
    this.backend.remove(stack, also.backups);
    if (also.config) rmSync(this.config(stack).path, { force: true });
    if (selectedStack(this.project) === stack) selectStack(this.project, undefined);
  }

  config(stack: string): StackConfig {
    return StackConfig.of(this.project, stack, this.args.text("config-file"));
  }

  /**
   * What opens and closes the stack's secrets. A salt in the stack's file is verified and used as it
   * is; else the state's is; only when neither has one is a new one made and written to the file.
   */
  crypter(stack: string, config: StackConfig, state: Deployment | undefined): Promise<Crypter> {
    const known = this.crypters.get(stack);
    if (known) return known;
    const opening = this.open(config, state);
    this.crypters.set(stack, opening);
    return opening;
  }

  private async open(config: StackConfig, state: Deployment | undefined): Promise<Crypter> {
    if (config.secretsProvider !== "passphrase") {
      throw new UserError(
        `secrets provider '${config.secretsProvider}' is not supported by this engine: only passphrase is`,
      );
    }
    const passphrase = readPassphrase();
    const salt = config.salt ?? (state?.secrets_providers?.state as { salt?: string } | undefined)?.salt;
    if (salt) return Crypter.open(salt, passphrase);
    const made = await Crypter.create(passphrase);
    config.setSalt(made.salt);
    config.save();
    return made;
  }
}
