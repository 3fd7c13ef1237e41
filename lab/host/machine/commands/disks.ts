/** Commands about disks: lsblk and blkid here, the others in wipe.ts and smart.ts. util-linux's own messages. */
import type { Command } from "../../types";
import { type Block, blocks, disksOf, guarded, named, pathOf, refusing, shorten } from "./blocks";
import { getopt, has, last, values } from "./getopt";
import { lsblkTable } from "./lsblk";
import { smartCommands } from "./smart";
import { wipeCommands } from "./wipe";

const lsblk: Command = (host, call) =>
  guarded("lsblk", () => {
    const long = {
      bytes: "b",
      nodeps: "d",
      noheadings: "n",
      output: "o",
      pairs: "P",
      paths: "p",
      raw: "r",
      json: "J",
      list: "l",
      fs: "f",
      exclude: "e",
      include: "I",
    };
    const parsed = getopt(shorten("lsblk", call.args, long), "bdno:PprJlfe:I:");
    const { found, missing } = named(host, parsed.operands, call.cwd);
    if (missing !== undefined) {
      const exists = disksOf(host).resolve(missing, call.cwd) !== undefined;
      return {
        code: 32,
        ...(has(parsed, "J") ? { stdout: '{\n   "blockdevices": [\n\n   ]\n}\n' } : {}),
        stderr: `lsblk: ${missing}: not a block device\n`.replace(
          "not a block device",
          exists ? "unknown device name" : "not a block device",
        ),
      };
    }
    const all = blocks(host);
    const parent = (block: Block) => all.find((one) => one.name === block.parent);
    const belongs = (block: Block): boolean => {
      const above = parent(block);
      return found.some((one) => one.name === block.name) || (above !== undefined && belongs(above));
    };
    const asked = parsed.operands.length === 0 ? all : all.filter(belongs);
    // Without dependencies: the devices named, or all disks.
    const alone = parsed.operands.length === 0 ? all.filter((block) => block.type === "disk") : found;
    const output = lsblkTable(has(parsed, "d") ? alone : asked, {
      columns:
        last(parsed, "o") ??
        (has(parsed, "f") ? "NAME,FSTYPE,FSVER,LABEL,UUID,FSAVAIL,FSUSE%,MOUNTPOINTS" : undefined),
      bytes: has(parsed, "b"),
      heads: !has(parsed, "n"),
      paths: has(parsed, "p"),
      form: has(parsed, "J")
        ? "json"
        : has(parsed, "P")
          ? "pairs"
          : has(parsed, "r")
            ? "raw"
            : has(parsed, "l")
              ? "list"
              : "tree",
    });
    return "unknown" in output
      ? { code: 1, stderr: `lsblk: unknown column: ${output.unknown}\n` }
      : { code: 0, stdout: output.text };
  });

const blkid: Command = (host, call) =>
  guarded("blkid", () => {
    const parsed = getopt(call.args, "o:s:pc:");
    const { found, missing } = named(host, parsed.operands, call.cwd);
    if (missing !== undefined) return { code: 2 };
    const tags = (block: Block): [string, string][] =>
      (
        [
          ["LABEL", block.label],
          ["UUID", block.uuid],
          ["TYPE", block.fstype],
          ["PARTLABEL", block.partlabel],
          ["PTTYPE", block.type === "disk" ? block.pttype : undefined],
        ] as const
      ).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as [string, string]]));
    const only = values(parsed, "s");
    const lines = (parsed.operands.length === 0 ? blocks(host) : found).flatMap((block) => {
      const shown = tags(block).filter(([name]) => only.length === 0 || only.includes(name));
      if (shown.length === 0) return [];
      const format = last(parsed, "o") ?? "full";
      if (format === "value") return shown.map(([, value]) => value);
      if (format === "export")
        return [`DEVNAME=${pathOf(block)}`, ...shown.map(([name, value]) => `${name}=${value}`)];
      if (format === "device") return [pathOf(block)];
      return [`${pathOf(block)}: ${shown.map(([name, value]) => `${name}="${value}"`).join(" ")}`];
    });
    return lines.length === 0 ? { code: 2 } : { code: 0, stdout: lines.map((line) => `${line}\n`).join("") };
  });

export const diskCommands = {
  lsblk: { run: refusing(lsblk) },
  blkid: { run: blkid },
  ...wipeCommands,
  ...smartCommands,
};
