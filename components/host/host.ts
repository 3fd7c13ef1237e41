import * as pulumi from "@pulumi/pulumi";
import { remote } from "@pulumi/command";
import { connectionArgs, type HostConnection } from "./connection";
import { scriptText, settingsText } from "./script";

/** A step on the host: scripts, the state they bring about, and what takes it away again. */
export interface StepArgs {
  /** Script files, joined behind the prelude; run when the step is new and whenever an input changes. */
  script: string[];
  /** Desired state, given to the script (and to `remove`) as JSON on standard input. */
  settings: pulumi.Input<Record<string, unknown>>;
  /** Script files run when the step is deleted. Without them nothing happens on the host then. */
  remove?: string[];
  /** Identity of what the step makes: a change deletes it and makes it anew. */
  identity?: pulumi.Input<string | number | boolean>[];
}

/**
 * A Proxmox VE node reached by SSH: the one place that makes `command.remote` resources.
 *
 * A step runs only when one of its inputs changed (script text or settings); its standard output, one
 * small JSON line, becomes state; secrets reach it on standard input only.
 */
export class Host {
  private readonly connection: ReturnType<typeof connectionArgs>;

  constructor(connection: HostConnection) {
    this.connection = connectionArgs(connection);
  }

  /** Registers a step. `opts` are Pulumi's own; order is `dependsOn`, never parentage. */
  step(name: string, args: StepArgs, opts: pulumi.CustomResourceOptions): remote.Command {
    return new remote.Command(
      name,
      {
        connection: this.connection,
        create: scriptText(...args.script),
        delete: args.remove && scriptText(...args.remove),
        stdin: pulumi.output(args.settings).apply(settingsText),
        triggers: args.identity,
        // A stock sshd accepts no environment, and the scripts look at the host instead.
        addPreviousOutputInEnv: false,
        logging: remote.Logging.Stderr,
      },
      // A replacement with a fixed id that created first would then delete what it just made.
      args.identity === undefined ? opts : { ...opts, deleteBeforeReplace: true },
    );
  }
}
