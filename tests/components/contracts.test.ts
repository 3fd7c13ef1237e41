/* What a step says of its settings, and what its scripts read of them, are the same. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { describe, test } from "node:test";
import { repository } from "../helpers/repository";
import { readsOf } from "./contracts/reads";
import { contractOf, type ReadText } from "./contracts/settings";

const components = join(repository, "components");

/** A folder with a script of its own name. */
interface Room {
  folder: string;
  /** The file that has the type Settings. */
  contract: string;
  scripts: string[];
}

const rooms: Room[] = readdirSync(components, { recursive: true, encoding: "utf8" })
  .map((path) => join(components, path))
  .flatMap((folder) => {
    const name = basename(folder);
    const isThere = (suffix: string) => existsSync(join(folder, `${name}${suffix}.sh`));
    if (!isThere("")) return [];
    const contract = join(folder, "step.ts");
    const scripts = readdirSync(folder)
      .filter((file) => file.endsWith(".sh") && file.startsWith(name))
      .map((file) => join(folder, file));
    return [{ folder, contract, scripts }];
  });

const onDisk: ReadText = (file) => readFileSync(file, "utf8");

/** A field of which no script knows: another value of it has the step run once more. */
const runsAgain = /^Runs it again\b/;

/** What is not as it should be between a room's contract and its scripts. */
function findings({ contract: file, scripts }: Room, read: ReadText = onDisk): string[] {
  const contract = contractOf(file, read);
  const { keys, unknown } = readsOf(scripts, contract, read);
  return [
    ...[...unknown].map((path) => `a script reads ${path}, which Settings does not have`),
    ...[...contract].flatMap(([key, { comment }]) => [
      ...(keys.has(key) || runsAgain.test(comment) ? [] : [`no script reads ${key}`]),
      ...(keys.has(key) && runsAgain.test(comment)
        ? [`a script reads ${key}, which only runs it again`]
        : []),
      ...(comment === "" || comment.includes("\n") ? [`${key} has no comment of one line`] : []),
    ]),
  ];
}

describe("settings and what scripts read of them", () => {
  for (const room of rooms) {
    test(relative(components, room.folder), () => assert.deepEqual(findings(room), []));
  }

  test("every room is one of these", () => assert.ok(rooms.length > 55, String(rooms.length)));
});

describe("a key that only one side renames is found", () => {
  /** Findings of a room with another text in one of its files. */
  const changed = (folder: string, file: string, from: string, to: string) => {
    const room = rooms.find((each) => relative(components, each.folder) === folder) ?? assert.fail(folder);
    const path = join(components, file);
    return findings(room, (name) => {
      const text = onDisk(name);
      if (name !== path) return text;
      assert.ok(text.includes(from), `${file} has no ${from}`);
      return text.replaceAll(from, to);
    });
  };
  const cases: [name: string, args: Parameters<typeof changed>, found: string[]][] = [
    [
      "in step.ts",
      ["hypervisor/zfs/arc", "hypervisor/zfs/arc/step.ts", "arcMaxGb", "arcMaxGib"],
      ["a script reads arcMaxGb, which Settings does not have", "no script reads arcMaxGib"],
    ],
    [
      "in a script",
      ["hypervisor/zfs/arc", "hypervisor/zfs/arc/arc.sh", "=arcMaxGb", "=arcMaxGib"],
      ["a script reads arcMaxGib, which Settings does not have", "no script reads arcMaxGb"],
    ],
    [
      "in a program of jq of what a script sources",
      ["hypervisor/zfs/pool", "hypervisor/zfs/pool/pool-make.sh", ".wipeDisks", ".wipe"],
      ["a script reads .wipe, which Settings does not have", "no script reads wipeDisks"],
    ],
    [
      "of what is one level below",
      ["hypervisor/zfs/pool", "hypervisor/zfs/pool/step.ts", "raidLevel:", "level:"],
      ["a script reads .raidLevel, which Settings does not have"],
    ],
    [
      "that a function is given",
      ["container/configure", "container/configure/configure.sh", "hostIds.users", "hostIds.uids"],
      ["a script reads hostIds.uids, which Settings does not have"],
    ],
    [
      "that the settings of each machine have",
      ["vm/agent", "vm/of-machine.ts", "  vmid:", "  id:"],
      ["a script reads vmid, which Settings does not have", "no script reads id"],
    ],
    [
      "of a removal",
      ["hypervisor/nfs/storage", "hypervisor/nfs/storage/storage-remove.sh", "id=id", "id=name"],
      ["a script reads name, which Settings does not have"],
    ],
  ];
  for (const [name, args, found] of cases) test(name, () => assert.deepEqual(changed(...args), found));
});
