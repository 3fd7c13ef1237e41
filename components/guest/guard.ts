import * as pulumi from "@pulumi/pulumi";

/**
 * Stands on all that it is to keep from `pulumi destroy`, and does nothing else. Pulumi deletes it first; while it is
 * protected that fails, and nothing that it stands on is touched. Its type is what Pulumi's message names: the setting
 * `phoenix:protectGuests`.
 */
export class Guard extends pulumi.ComponentResource {
  constructor(
    name: string,
    protect: boolean,
    opts: Pick<pulumi.ComponentResourceOptions, "parent" | "dependsOn">,
  ) {
    super("phoenix:protectGuests:Guard", name, {}, { ...opts, protect });
    this.registerOutputs({});
  }
}
