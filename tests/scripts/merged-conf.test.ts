/* What becomes of a container's configuration that goes back to a savepoint: components/container/lib/merged-conf.sh. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { repository } from "../helpers/repository";
import { scratch } from "../helpers/scratch";

const library = join(repository, "components", "container", "lib", "merged-conf.sh");
const lines = (...each: string[]) => each.map((line) => `${line}\n`).join("");

interface Case {
  title: string;
  /** The file as a failed step left it. */
  now: string;
  saved: string;
  /** What the volumes have now. */
  sizes?: string;
  becomes: string;
}

const rootfs = "rootfs: tank:subvol-900-disk-0,size=8G";
const tags = "tags: phoenix-dev;phoenix-dev+2";

const cases: Case[] = [
  {
    title: "values are the saved ones; tags are new, and the lock of the roll-back goes",
    now: lines("lock: rollback", "memory: 4096", rootfs, "tags: phoenix-dev;phoenix-dev+1"),
    saved: lines("memory: 1024", rootfs, "tags: phoenix-dev;phoenix-dev+1"),
    becomes: lines("memory: 1024", rootfs, tags),
  },
  {
    title: "a value that the step added goes, one that it took out comes back",
    now: lines("nameserver: 10.0.0.1", rootfs),
    saved: lines("cores: 2", rootfs),
    becomes: lines("cores: 2", rootfs, tags),
  },
  {
    title: "a volume that has grown keeps its size: its data does not shrink",
    now: lines("mp0: tank:subvol-900-disk-1,mp=/data,size=20G", rootfs),
    saved: lines("mp0: tank:subvol-900-disk-1,mp=/data,size=10G", rootfs),
    sizes: `tank:subvol-900-disk-0 ${8 << 20}\ntank:subvol-900-disk-1 ${20 * 2 ** 30}`,
    becomes: lines(
      "mp0: tank:subvol-900-disk-1,mp=/data,size=20G",
      "rootfs: tank:subvol-900-disk-0,size=8M",
      tags,
    ),
  },
  {
    title: "sizes in Proxmox VE's own form: the largest unit that leaves no rest",
    now: rootfs,
    saved: lines(rootfs, "mp0: a:1,mp=/1,size=1G", "mp1: a:2,mp=/2,size=1G", "mp2: a:3,mp=/3,size=1G"),
    sizes: `a:1 1000\na:2 3072\na:3 ${1.5 * 2 ** 30}`,
    becomes: lines(
      ...[rootfs, "mp0: a:1,mp=/1,size=1000", "mp1: a:2,mp=/2,size=3K", "mp2: a:3,mp=/3,size=1536M", tags],
    ),
  },
  {
    title: "a volume made since stays, unused: nothing of it is lost",
    now: lines("mp0: tank:subvol-900-disk-1,mp=/new,size=1G", rootfs),
    saved: lines(rootfs),
    becomes: lines(rootfs, tags, "unused0: tank:subvol-900-disk-1"),
  },
  {
    title: "one that is unused already is named once; a folder of the host is no volume",
    now: lines("mp0: /srv/data,mp=/data", rootfs, "unused3: volume=tank:subvol-900-disk-9"),
    saved: lines(rootfs, "unused0: tank:subvol-900-disk-9"),
    becomes: lines(rootfs, tags, "unused0: tank:subvol-900-disk-9"),
  },
  {
    title: "snapshots are those that there are now, with the one that they stand on",
    now: lines("parent: later", rootfs, "", "[ready]", "memory: 512", "", "[later]", "memory: 768"),
    saved: lines("parent: ready", "memory: 256", rootfs, "", "[ready]", "memory: 512", "snaptime: 1"),
    becomes: lines(
      ...["memory: 256", rootfs, tags, "parent: later"],
      ...["", "[ready]", "memory: 512", "", "[later]", "memory: 768"],
    ),
  },
  {
    title: "what waits for the next stop does not come back",
    now: lines(rootfs, "", "[pve:pending]", "memory: 9999", "", "[ready]", "memory: 512"),
    saved: lines("memory: 256", rootfs, "", "[pve:pending]", "swap: 0"),
    becomes: lines("memory: 256", rootfs, tags, "", "[ready]", "memory: 512"),
  },
  {
    title: "raw lines stand last, as Proxmox VE writes them",
    now: lines(rootfs),
    saved: lines("lxc.cap.drop: sys_rawio", "#a note", "memory: 256", rootfs),
    becomes: lines("#a note", "memory: 256", rootfs, tags, "lxc.cap.drop: sys_rawio"),
  },
];

describe("a configuration that goes back", () => {
  for (const { title, now, saved, sizes = "", becomes } of cases) {
    test(title, () => {
      const file = join(scratch(), "900.conf");
      writeFileSync(file, now);
      const program = 'set -euo pipefail; . "$1"; merged_conf "$2" "$3" "$4" "$5"';
      const args = [
        "-c",
        program,
        "bash",
        library,
        file,
        saved.trimEnd(),
        tags.slice("tags: ".length),
        sizes,
      ];
      assert.equal(execFileSync("bash", args, { encoding: "utf8" }), becomes);
    });
  }
});
