/** Devices of the host that a container is given by their paths. */
import { z } from "zod";
import { comment, pattern, whole } from "./primitives";

const device = z
  .strictObject({
    path: pattern(
      /^(?!.*\/\.\.?(?:\/|$))\/dev\/(?!nvidia)[A-Za-z0-9/._+@=:-]+$/,
      "is not the path of a device below /dev, or one of NVIDIA's, which gpu_assignment gives",
    ).describe("path of a device below /dev, such as /dev/ttyUSB0; GPUs of NVIDIA by gpu_assignment"),
    mode: pattern(/^0[0-7]{3}$/, "is not an octal mode of four digits")
      .optional()
      .describe("Access mode in the container, such as 0666; 0660 by default"),
    uid: whole(0, 4294967295).optional().describe("User in the container that owns it; 0 by default"),
    gid: whole(0, 4294967295).optional().describe("Group in the container that owns it; 0 by default"),
    deny_write: z.boolean().optional().describe("Whether the container may only read it; false by default"),
    description: comment(),
  })
  .describe("A device of the host");

/** The key `devices` of a container. */
export const devices = z
  .array(device)
  .optional()
  .describe("Devices of the host by their paths. A change restarts it");

/** A device, and its options as pct.conf(5) has them, such as `mode=0666,uid=1000`. */
export interface DeviceSpec {
  path: string;
  options: string;
}

export function deviceSpec({ path, mode, uid, gid, deny_write }: z.output<typeof device>): DeviceSpec {
  const said = { "deny-write": deny_write ? 1 : undefined, gid, mode, uid };
  const pairs = Object.entries(said).flatMap(([key, value]) =>
    value === undefined ? [] : `${key}=${value}`,
  );
  return { path, options: pairs.join(",") };
}
