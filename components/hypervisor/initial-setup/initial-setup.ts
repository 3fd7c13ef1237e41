import * as pulumi from "@pulumi/pulumi";
import type { SetupSpec } from "../../../config";
import type { Host } from "../../host";
import { initialSetupSteps } from "./steps";

export interface InitialSetupArgs {
  host: Host;
  setup: SetupSpec;
  /** Port that the stack reaches the node's SSH on. */
  sshPort: number;
}

/**
 * The node before anything is kept on it: logs, repositories, packages, clock, names, the bridge's address and
 * ufw. The steps run one after another: each may need what the one before it brought.
 */
export class InitialSetup extends pulumi.ComponentResource {
  /** What every other area waits for. */
  readonly done: pulumi.Resource[];

  constructor(name: string, args: InitialSetupArgs, opts?: pulumi.ComponentResourceOptions) {
    super("phoenix:hypervisor:InitialSetup", name, {}, opts);
    let before = opts?.dependsOn;
    let last: pulumi.Resource[] = [];
    for (const [concern, { confirms, ...step }] of initialSetupSteps(args)) {
      const order = { parent: this, dependsOn: before, ...(confirms && { replaceWith: last }) };
      const resource = args.host.step(`${name}-${concern}`, step, order);
      [before, last] = [resource, [resource]];
    }
    this.done = last;
    this.registerOutputs({});
  }
}
