/**
 * What a cloud image of the lab holds: the name of the distribution whose root file system it stands for. That file
 * system is laid out when the image becomes a disk.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { inRoot } from "../../machine/confined";
import { PveError } from "../errors";
import { buildTemplate } from "../templates/build";
import { CATALOGUE } from "../templates/catalogue";
import { contentsOf, copyTree } from "../storage/dirImages";
import { makeQcow2, readQcow2 } from "../storage/qcow2";
import type { Host } from "../../types";

interface CloudImage {
  codename: string;
  version: string;
  template: string;
  /** Bytes of its disk. */
  disk: number;
}

const GIB = 1024 ** 3;

/** Cloud images that the lab's network serves, each with the template of the same release. */
const CLOUD_IMAGES: readonly CloudImage[] = [
  {
    ...{ codename: "noble", version: "24.04", disk: 3.5 * GIB },
    template: "ubuntu-24.04-standard_24.04-2_amd64.tar.zst",
  },
  {
    ...{ codename: "jammy", version: "22.04", disk: 2.25 * GIB },
    template: "ubuntu-22.04-standard_22.04-1_amd64.tar.zst",
  },
  {
    ...{ codename: "trixie", version: "13", disk: 3 * GIB },
    template: "debian-13-standard_13.1-2_amd64.tar.zst",
  },
  {
    ...{ codename: "bookworm", version: "12", disk: 3 * GIB },
    template: "debian-12-standard_12.12-1_amd64.tar.zst",
  },
];

/** An image and its sums, at each place where a server has it. */
function served(
  places: (image: CloudImage) => [folder: string, name: string][],
  sums: "sha256" | "sha512",
): Record<string, Buffer | string> {
  const files: Record<string, Buffer | string> = {};
  for (const image of CLOUD_IMAGES)
    for (const [folder, name] of places(image)) {
      const bytes = makeQcow2({ size: image.disk, seed: JSON.stringify({ codename: image.codename }) });
      const sum = createHash(sums).update(bytes).digest("hex");
      files[`${folder}/${name}`] = bytes;
      const mark = sums === "sha256" ? " *" : "  ";
      files[`${folder}/${sums.toUpperCase()}SUMS`] = `${sum}${mark}${name}\n`;
    }
  return files;
}

const isDebian = ({ template }: CloudImage): boolean => template.startsWith("debian-");

/** Paths of cloud-images.ubuntu.com: the daily images and those of the releases. */
export const ubuntuImages = (): Record<string, Buffer | string> =>
  served((image) => {
    if (isDebian(image)) return [];
    const { codename, version } = image;
    const released = `ubuntu-${version}-server-cloudimg-amd64.img`;
    return [
      [`/${codename}/current`, `${codename}-server-cloudimg-amd64.img`],
      [`/releases/${codename}/release`, released],
      [`/releases/${version}/release`, released],
    ];
  }, "sha256");

/** Paths of cloud.debian.org: the images for clouds; the others of the same folder are not there. */
export const debianImages = (): Record<string, Buffer | string> =>
  served((image) => {
    if (!isDebian(image)) return [];
    const { codename, version } = image;
    return [[`/images/cloud/${codename}/latest`, `debian-${version}-genericcloud-amd64.qcow2`]];
  }, "sha512");

/** Bytes of the disk in a file, as the daemon sees it. */
export { imageSize } from "../storage/dirImages";

/** Archives that are being made, by path. */
const working = new Map<string, Promise<string>>();

/** The root file system of a release as an archive: made once until the lab starts again, also for machines that are made side by side. */
function archive(host: Host, codename: string): Promise<string> {
  const image = CLOUD_IMAGES.find((one) => one.codename === codename);
  const template = CATALOGUE.find(({ file }) => file === image?.template);
  if (template === undefined) throw new PveError(`the lab has no root file system for '${codename}'`);
  const inside = `/run/lab-images/${codename}.tar.gz`;
  const path = inRoot(host.root, inside);
  if (existsSync(path)) return Promise.resolve(path);
  const known = working.get(path);
  if (known !== undefined) return known;
  const work = buildTemplate(host, template, inside)
    .then(() => path)
    .finally(() => working.delete(path));
  working.set(path, work);
  return work;
}

/** Commands that a cloud image brings, served by the lab in the running machine. */
const COMMANDS = ["bin/cloud-init", "sbin/halt", "sbin/poweroff", "sbin/reboot", "sbin/shutdown"];

/** Groups that the image's own user belongs to, beside those of a container template. */
const GROUPS = "cdrom:x:24:\ndip:x:30:\nlxd:x:101:\n";

const debianSources = (codename: string): string =>
  [
    "Types: deb",
    "URIs: https://deb.debian.org/debian",
    `Suites: ${codename} ${codename}-updates`,
    "Components: main",
    "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg",
    "",
  ].join("\n");

const SUDOERS = `Defaults\tenv_reset
root\tALL=(ALL:ALL) ALL
%sudo\tALL=(ALL:ALL) ALL
@includedir /etc/sudoers.d
`;

/** For sudo, runuser, su and chpasswd: who is let in is not looked at, passwords are changed for real. */
const PAM = `auth required pam_permit.so
account required pam_permit.so
session required pam_permit.so
password required pam_unix.so sha512
`;

async function layOut(host: Host, codename: string, folder: string): Promise<void> {
  const { status, stderr } = spawnSync("tar", ["-xpzf", await archive(host, codename), "-C", folder], {
    encoding: "utf8",
  });
  if (status !== 0) throw new PveError(`laying out a cloud image failed: ${stderr.trim()}`);
  for (const name of COMMANDS) symlinkSync("../lib/phoenix-lab/client", join(folder, "usr", name));
  mkdirSync(join(folder, "var/lib/cloud"), { recursive: true });
  mkdirSync(join(folder, "etc/cloud/cloud.cfg.d"), { recursive: true });
  writeFileSync(join(folder, "etc/machine-id"), "uninitialized\n");
  appendFileSync(join(folder, "etc/group"), GROUPS);
  const image = CLOUD_IMAGES.find((one) => one.codename === codename);
  if (image !== undefined && isDebian(image)) {
    // The template's file is the one of before.
    rmSync(join(folder, "etc/apt/sources.list"), { force: true });
    writeFileSync(join(folder, "etc/apt/sources.list.d/debian.sources"), debianSources(codename));
  }
  mkdirSync(join(folder, "etc/sudoers.d"), { mode: 0o750 });
  writeFileSync(join(folder, "etc/sudoers"), SUDOERS, { mode: 0o440 });
  mkdirSync(join(folder, "etc/pam.d"));
  writeFileSync(join(folder, "etc/pam.d/other"), PAM);
  writeFileSync(
    join(folder, "etc/fstab"),
    "LABEL=cloudimg-rootfs\t/\text4\tdiscard,commit=30,errors=remount-ro\t0 1\n",
  );
  writeFileSync(join(folder, "etc/hostname"), "localhost\n");
}

/**
 * Puts what a file of the node holds onto a new disk: nothing when it is no image of the lab's.
 *
 * @param source the image as the daemon sees it
 * @param contents folder of the disk's files
 */
export async function fillDisk(host: Host, source: string, contents: string): Promise<void> {
  mkdirSync(contents, { recursive: true });
  const seed = readQcow2(source)?.seed;
  // A disk of another machine, given by its path.
  if (existsSync(contentsOf(source))) return copyTree(`${contentsOf(source)}/.`, contents);
  if (seed !== undefined) await layOut(host, (JSON.parse(seed) as { codename: string }).codename, contents);
}

/** Whether a disk has a system that starts. */
export const startsFrom = (contents: string): boolean =>
  existsSync(join(contents, "etc")) && readdirSync(contents).includes("usr");
