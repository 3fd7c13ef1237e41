import * as pulumi from "@pulumi/pulumi";

/**
 * Depends on everything that it keeps from `pulumi destroy`, and does nothing else. Pulumi deletes dependants first; while
 * this one is protected that fails, and nothing that it depends on is deleted. Its type is named after the setting
 * `phoenix:protectGuests`, because Pulumi's message shows it.
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
