/** Values in a step's settings that are not plain text: secrets, and what another step reports. */

/** A value that is never shown: settings that contain one are stored encrypted as a whole. */
export class Secret {
  /** @param value text, or what the program has in its place, such as a Pulumi output */
  constructor(readonly value: unknown) {}
}

/** A value that is known only once another resource exists. */
export class Reported {
  /**
   * @param resource name of the resource
   * @param output which of its outputs
   * @param read makes the value of the output; without it the output is the value
   */
  constructor(
    readonly resource: string,
    readonly output: "stdout" | "vmId",
    readonly read?: (output: unknown) => unknown,
  ) {}
}
