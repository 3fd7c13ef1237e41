/** NVIDIA's .run files as the lab's network serves them: one text a version, the same each time. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const template = readFileSync(join(__dirname, "installer.sh"), "utf8");

/** Versions that NVIDIA's download server has here. */
export const driverVersions = ["570.86.16", "580.76.05", "580.95.05"];

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/** The .run file of a version. */
export function runfile(version: string): string {
  const text = template.replace("@VERSION@", version);
  return `${text}#CHECKSUM ${sha256(text)}\n`;
}

/** Its checksum, as a configuration names it. */
export const runfileSha256 = (version: string): string => sha256(runfile(version));

/** Paths on NVIDIA's download server. */
export const runfilePath = (version: string): string =>
  `/XFree86/Linux-x86_64/${version}/NVIDIA-Linux-x86_64-${version}.run`;

/** The file behind a path of the download server; undefined for one it does not have. */
export function runfileAt(path: string): string | undefined {
  const version = driverVersions.find((known) => path === runfilePath(known));
  return version === undefined ? undefined : runfile(version);
}
