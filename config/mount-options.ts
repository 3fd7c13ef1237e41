/** Options of the mounts of a container's root disk and volumes: the keys have Proxmox VE's names. */
import { z } from "zod";
import { comment } from "./primitives";

const diskOptionKeys = {
  acl: z
    .boolean()
    .optional()
    .describe(
      "Whether it has POSIX access control lists; the file system's default without it. A change restarts it",
    ),
  quota: z
    .boolean()
    .optional()
    .describe(
      "Whether it has user quotas, which unprivileged containers and ZFS have not; false by default. A change restarts it",
    ),
  mountoptions: z
    .array(
      z
        .enum(["discard", "lazytime", "noatime", "nodev", "noexec", "nosuid"])
        .describe("discard, lazytime, noatime, nodev, noexec or nosuid"),
    )
    .min(1)
    .optional()
    .describe("Options that it is mounted with, such as noatime; none by default. A change restarts it"),
  replicate: z
    .boolean()
    .optional()
    .describe("Whether replication jobs of the container copy it; true by default. A change restarts it"),
};

/** The key `rootfs` of a container. */
export const rootfs = z
  .strictObject({ ...diskOptionKeys, description: comment() })
  .optional()
  .describe("Options of the root disk");

/** Spread into the schema of a volume. */
export const mountOptionKeys = {
  backup: z
    .boolean()
    .optional()
    .describe(
      "Whether backups of the container have the volume in them; false by default. A change restarts it",
    ),
  ...diskOptionKeys,
};

type MountOptionKeys = Partial<z.output<z.ZodObject<typeof mountOptionKeys>>>;

/** `{acl: true, mountoptions: ["noatime"]}` → `acl=1,mountoptions=noatime`. */
export function mountOptions(entry: MountOptionKeys): { options?: string } {
  const { acl, backup, mountoptions, quota, replicate } = entry;
  const flag = (value: boolean | undefined) => (value === undefined ? undefined : Number(value));
  const said = {
    acl: flag(acl),
    backup: flag(backup),
    mountoptions: mountoptions && [...new Set(mountoptions)].sort().join(";"),
    quota: flag(quota),
    replicate: flag(replicate),
  };
  const pairs = Object.entries(said).flatMap(([key, value]) =>
    value === undefined ? [] : `${key}=${value}`,
  );
  return pairs.length > 0 ? { options: pairs.join(",") } : {};
}
