import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { remote } from "@pulumi/command";
import { connectionArgs, type HostConnection } from "./connection";
import { scriptText, settingsText } from "./script";

/** Looks, before something of the host's own set-up is taken away, whether another stack holds or needs it. */
const held = join(__dirname, "scripts", "held.sh");

/** A step on the host: its script, the state that it brings about, and what takes it away again. */
export interface StepArgs {
  /** Script file, which sources what it needs; run when the step is new and whenever an input changes. */
  script: string;
  /** Desired state, given to the script (and to `remove`) as JSON on standard input. */
  settings: pulumi.Input<Record<string, unknown>>;
  /**
   * Script file run when the step is deleted. Without it nothing happens on the host then. A replacement deletes
   * first: what is made anew under the same name would else be taken away again.
   */
  remove?: string;
  /** Names of what the step makes, such as `storage tank-guests`: it stays while guests of another stack need one. */
  makes?: string[];
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

  /**
   * @param tag by which the stack knows what is its own on the node; a setting of every step
   * @param before script file that runs before every removal
   */
  constructor(
    private readonly to: HostConnection,
    private readonly tag?: string,
    private readonly before?: string,
  ) {
    this.connection = connectionArgs(to);
  }

  /** The same node for the steps of its own set-up, which one stack holds. */
  get setUp(): Host {
    return new Host(this.to, this.tag, held);
  }

  /** Registers a step. `opts` are Pulumi's own; order is `dependsOn`, never parentage. */
  step(name: string, args: StepArgs, opts: pulumi.CustomResourceOptions): remote.Command {
    const { tag } = this;
    const settings = pulumi
      .output(args.settings)
      .apply((own) => settingsText({ tag, makes: args.makes && [...args.makes].sort(), ...own }));
    return new remote.Command(
      name,
      {
        connection: this.connection,
        create: scriptText(args.script),
        delete: args.remove && scriptText(...(this.before ? [this.before] : []), args.remove),
        stdin: settings,
        triggers: args.identity,
        // A stock sshd accepts no environment, and the scripts look at the host instead.
        addPreviousOutputInEnv: false,
        logging: remote.Logging.Stderr,
      },
      args.identity === undefined && args.remove === undefined
        ? opts
        : { ...opts, deleteBeforeReplace: true },
    );
  }
}
