import * as pulumi from "@pulumi/pulumi";

/**
 * Stands on all that it is to keep from `pulumi destroy`, and does nothing else. Pulumi deletes it first; while it is
 * protected that fails, and nothing that it stands on is touched. Its type is what Pulumi's message names: the setting
 * `phoenix:protectGuests`.
 */
export class Guard extends pulumi.ComponentResource {
  constructor(name: string, opts: pulumi.ComponentResourceOptions) {
    super("phoenix:protectGuests:Guard", name, {}, opts);
    this.registerOutputs({});
  }
}

/** How guests are kept from Pulumi's deletes. */
export interface Protection {
  /** Whether a guest is protected when nothing of its own says otherwise: `phoenix:protectGuests`. */
  guests: boolean;
  /** Whether any guest of the stack is: then nothing of the stack goes by a plain `pulumi destroy`. */
  any: boolean;
}
