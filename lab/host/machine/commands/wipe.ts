/** wipefs, sgdisk, vgchange: what takes things off disks, or lets go of them. */
import type { Command, Host } from "../../types";
import { clearedTable, type Part } from "../diskLayout";
import { LabZfs } from "../zfs/zfs";
import { type Block, blocks, disksOf, guarded, inUse, named, Refused, refusing, shorten } from "./blocks";
import { getopt, has, last } from "./getopt";

interface Signature {
  offset: string;
  type: string;
  /** As wipefs prints them when it erases them. */
  bytes: string;
  uuid?: string;
  label?: string;
}

const places: Record<string, [offset: string, bytes: string]> = {
  ext4: ["0x438", "53 ef"],
  xfs: ["0x0", "58 46 53 42"],
  vfat: ["0x36", "46 41 54 31 36 20 20 20"],
  swap: ["0xff6", "53 57 41 50 53 50 41 43 45 32"],
  LVM2_member: ["0x218", "4c 56 4d 32 20 30 30 31"],
  linux_raid_member: ["0x1000", "fc 4e 2b a9"],
  zfs_member: ["0x3f000", "0c b1 ba 00 00 00 00 00"],
};

/** What wipefs finds on one device, not below it. */
function signatures(block: Block): Signature[] {
  const list: Signature[] = [];
  if (block.type === "disk" && block.pttype === "gpt") {
    const gpt = { type: "gpt", bytes: "45 46 49 20 50 41 52 54" };
    list.push(
      { offset: "0x200", ...gpt },
      { offset: `0x${(block.size - 512).toString(16)}`, ...gpt },
      { offset: "0x1fe", type: "PMBR", bytes: "55 aa" },
    );
  } else if (block.type === "disk" && block.pttype !== undefined) {
    list.push({ offset: "0x1fe", type: block.pttype, bytes: "55 aa" });
  }
  if (block.fstype !== undefined) {
    const place = places[block.fstype];
    if (place === undefined)
      throw new Refused(`wipefs: the lab does not know where ${block.fstype} has its signature`);
    list.push({
      ...{ offset: place[0], type: block.fstype, bytes: place[1] },
      ...(block.uuid && { uuid: block.uuid }),
      ...(block.label && { label: block.label }),
    });
  }
  return list;
}

/** Takes the signatures off a device: with its table a disk loses its partitions. */
function erase(host: Host, block: Block): void {
  const disks = disksOf(host);
  const { device } = block.disk;
  if (disks.content(device).kind === "zfs") {
    // The label lies on the first partition; without the table nobody finds it either.
    if (block.type === "disk" || block.number === 1) (host.zfs as LabZfs).pools.clearLabel(device);
    disks.setLayout(device, block.type === "disk" ? { parts: [] } : clearedTable(block.disk));
  } else {
    const layout = disks.layout(device);
    // The partition stays, with nothing in it.
    const bare = ({ name, number, sizeBytes, partlabel }: Part): Part => ({
      ...{ name, number, sizeBytes },
      ...(partlabel && { partlabel }),
    });
    disks.setLayout(
      device,
      block.type === "disk"
        ? { parts: [] }
        : { ...layout, parts: layout.parts.map((part) => (part.name === block.name ? bare(part) : part)) },
    );
  }
  disks.showPartitions();
}

const columns: Record<string, (block: Block, one: Signature) => string> = {
  DEVICE: (block) => block.name,
  OFFSET: (_, one) => one.offset,
  TYPE: (_, one) => one.type,
  UUID: (_, one) => one.uuid ?? "",
  LABEL: (_, one) => one.label ?? "",
};

const wipefs: Command = (host, call) =>
  guarded("wipefs", () => {
    const long = { all: "a", force: "f", "no-act": "n", quiet: "q", noheadings: "i", output: "O" };
    const parsed = getopt(shorten("wipefs", call.args, long), "afnqiO:");
    if (parsed.operands.length === 0)
      return { code: 1, stderr: "wipefs: no device specified\nTry 'wipefs --help' for more information.\n" };
    const { found, missing } = named(host, parsed.operands, call.cwd);
    if (missing !== undefined) {
      return {
        code: 1,
        stderr: `wipefs: error: ${missing}: probing initialization failed: No such file or directory\n`,
      };
    }
    const chosen = (last(parsed, "O") ?? "DEVICE,OFFSET,TYPE,UUID,LABEL").toUpperCase().split(",");
    const unknown = chosen.find((column) => columns[column] === undefined);
    if (unknown !== undefined) return { code: 1, stderr: `wipefs: unknown column: ${unknown}\n` };
    let stdout = "";
    for (const [index, block] of found.entries()) {
      const path = parsed.operands[index] ?? `/dev/${block.name}`;
      const list = signatures(block);
      if (!has(parsed, "a")) {
        const cells = (one: Signature) => chosen.map((column) => columns[column]?.(block, one) ?? "");
        const pad = (words: string[]) =>
          words
            .map((word, at) =>
              at === words.length - 1 ? word : word.padEnd({ DEVICE: 8, OFFSET: 15 }[chosen[at] ?? ""] ?? 0),
            )
            .join(" ")
            .trimEnd();
        if (list.length > 0 && !has(parsed, "i") && stdout === "") {
          stdout += chosen.length === 5 ? "DEVICE   OFFSET          TYPE UUID LABEL\n" : `${pad(chosen)}\n`;
        }
        for (const one of list) stdout += `${pad(cells(one))}\n`;
        continue;
      }
      if (has(parsed, "n")) continue;
      if (inUse(host, block)) {
        return {
          code: 1,
          stdout,
          stderr: `wipefs: error: ${path}: probing initialization failed: Device or resource busy\n`,
        };
      }
      if (!has(parsed, "q")) {
        for (const one of list) {
          const count = one.bytes.split(" ").length;
          const offset = `0x${Number(one.offset).toString(16).padStart(8, "0")}`;
          stdout += `${path}: ${count} bytes were erased at offset ${offset} (${one.type}): ${one.bytes}\n`;
        }
        if (block.pttype !== undefined && block.type === "disk")
          stdout += `${path}: calling ioctl to re-read partition table: Success\n`;
      }
      if (list.length > 0) erase(host, block);
    }
    return { code: 0, stdout };
  });

const sgdisk: Command = (host, call) => {
  const [option, ...paths] = call.args;
  if (option !== "--zap-all" && option !== "-Z")
    return { code: 2, stderr: `sgdisk: the lab only simulates --zap-all, not ${option ?? "no option"}\n` };
  const { found, missing } = named(host, paths, call.cwd);
  const [block] = found;
  if (missing !== undefined || block === undefined)
    return {
      code: 2,
      stderr: `Problem opening ${missing ?? ""} for reading! Error is 2.\nThe specified file does not exist!\n`,
    };
  if (inUse(host, block))
    return { code: 2, stderr: `Problem opening ${paths[0]} for writing! Error is 16.\n` };
  erase(host, block);
  return {
    code: 0,
    stdout:
      "GPT data structures destroyed! You may now partition the disk using fdisk or\nother utilities.\n",
  };
};

/** `vgchange -an VG`: its volumes `VG-name` leave the kernel unless one is mounted. */
const vgchange: Command = (host, call) => {
  const [option, group, ...rest] = call.args;
  if (option !== "-an" || group === undefined || rest.length > 0) {
    return { code: 3, stderr: `vgchange: the lab only simulates -an VG, not ${call.args.join(" ")}\n` };
  }
  const own = blocks(host).filter(({ type, name }) => type === "lvm" && name.startsWith(`${group}-`));
  if (own.length === 0) {
    return {
      code: 5,
      stderr: `  Volume group "${group}" not found\n  Cannot process volume group ${group}\n`,
    };
  }
  const mounted = own.find(({ mounts }) => mounts.length > 0);
  if (mounted) {
    const volume = mounted.name.slice(group.length + 1);
    return {
      code: 5,
      stdout: `  ${own.length - 1} logical volume(s) in volume group "${group}" now active\n`,
      stderr: `  Logical volume ${group}/${volume} contains a filesystem in use.\n`,
    };
  }
  const disks = disksOf(host);
  for (const device of new Set(own.map(({ disk }) => disk.device))) {
    const layout = disks.layout(device);
    const without = <P extends { holds?: { name: string }[] }>(part: P): P => ({
      ...part,
      holds: (part.holds ?? []).filter(({ name }) => !name.startsWith(`${group}-`)),
    });
    disks.setLayout(device, {
      ...layout,
      parts: layout.parts.map(without),
      ...(layout.whole && { whole: without(layout.whole) }),
    });
  }
  return { code: 0, stdout: `  0 logical volume(s) in volume group "${group}" now active\n` };
};

export const wipeCommands = {
  wipefs: { run: refusing(wipefs) },
  sgdisk: { run: sgdisk },
  vgchange: { run: vgchange },
};
