/** The key `initial_setup`: what the original always did, and options that not everybody wants. */
import { z } from "zod";
import { comment, pattern } from "./primitives";

export const initialSetup = z
  .strictObject({
    hostname: pattern(/^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/, "is not a host name")
      .optional()
      .describe("Name of the node; it keeps its own without it, and one with guests cannot be renamed"),
    upgrade: pattern(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "is not a word such as 2026-01-31")
      .default("once")
      .describe("All packages are upgraded once for each value, such as a date; never leaves them alone"),
    nodesource: z
      .boolean()
      .default(false)
      .describe("Whether the node gets the repository of NodeSource and Node.js 20 from it"),
    ufw: z.boolean().default(true).describe("Whether the node's own services are behind ufw"),
    description: comment(),
  })
  .describe("The host's initial set-up");
