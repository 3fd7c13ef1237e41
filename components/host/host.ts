import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { remote } from "@pulumi/command";
import type { ScriptStep } from "../../plan/step";
import { connectionArgs, type HostConnection } from "./connection";
import { noRerun, type Rerun, rerunOf } from "./rerun";
import { scriptText, stepText } from "./script";

/** Runs before every removal. */
const removing = join(__dirname, "scripts", "removal.sh");

/** How long a step behind a restart waits for the host, as Pulumi writes durations. */
const restartLimit = "20m";

/**
 * A Proxmox VE node reached by SSH: the one place that makes `command.remote` resources.
 *
 * A step runs only when one of its inputs changed (script text or settings); its standard output, one
 * small JSON line, becomes state; secrets reach it on standard input only.
 */
export class Host {
  private readonly connection: ReturnType<typeof connectionArgs>;

  /**
   * @param tag by which the stack knows what is its own on the node; a setting of every step
   * @param rerun which steps run although nothing of them changed
   */
  constructor(
    to: HostConnection,
    private readonly tag?: string,
    private readonly rerun: Rerun = noRerun,
  ) {
    this.connection = connectionArgs(to);
  }

  /** Registers a step. `options` are Pulumi's own; order is `dependsOn`, never parentage. */
  step(
    step: ScriptStep,
    settings: pulumi.Input<Record<string, unknown>>,
    options: pulumi.CustomResourceOptions,
  ): remote.Command {
    const { name, script, remove, beforeRemoval, identity, acrossRestart } = step;
    const stdin = pulumi.output(settings).apply((own) => stepText(step, this.tag, own));
    const { environment, ignoreChanges } = rerunOf(name, this.rerun);
    const removal = [
      ...(beforeRemoval === undefined ? [] : [beforeRemoval]),
      ...(remove === undefined ? [] : [remove]),
    ];
    return new remote.Command(
      name,
      {
        // A host that restarts refuses connections for minutes; the step's own time limit ends the attempts.
        connection: acrossRestart ? { ...this.connection, dialErrorLimit: -1 } : this.connection,
        create: scriptText(script),
        delete: removal.length > 0 ? scriptText(removing, ...removal) : undefined,
        stdin,
        triggers: identity,
        environment,
        // A stock sshd accepts no environment, and the scripts look at the host instead.
        addPreviousOutputInEnv: false,
        logging: remote.Logging.Stderr,
      },
      {
        ...options,
        ignoreChanges,
        ...((identity !== undefined || removal.length > 0) && { deleteBeforeReplace: true }),
        ...(acrossRestart && { customTimeouts: { create: restartLimit, update: restartLimit } }),
      },
    );
  }
}
