/** Commands about disks: lsblk, blkid, wipefs, sgdisk, smartctl, nvme. util-linux's own messages. */
import type { Answer, Call, Command, Disk, Host } from "../../types";
import { type Content, Disks, partitionName, reservedBytes, zfsPartitions } from "../disks";
import { LabZfs } from "../zfs/zfs";
import { getopt, has, last, OptionError, values } from "./getopt";
import { lsblkTable } from "./lsblk";

/** A disk or partition as the tools see it. */
export interface Block {
  name: string;
  type: "disk" | "part";
  size: number;
  disk: Disk;
  fstype?: string;
  label?: string;
  pttype?: string;
  uuid?: string;
  parent?: string;
}

function disksOf(host: Host): Disks {
  if (!(host.zfs instanceof LabZfs)) throw new Error("the host's ZFS is not the lab's");
  return host.zfs.pools.disks;
}

/** All block devices: each disk before its partitions. */
function blocks(host: Host): Block[] {
  const disks = disksOf(host);
  return disks.all().flatMap((disk) => {
    const content = disks.content(disk.device);
    const whole: Block = { name: disk.device, type: "disk", size: disk.sizeBytes, disk };
    if (content.kind === "filesystem")
      return [{ ...whole, fstype: content.type, ...(content.label ? { label: content.label } : {}) }];
    if (content.kind === "blank") return [whole];
    return [{ ...whole, pttype: "gpt" }, ...zfsPartitions.map((number) => partition(disk, number, content))];
  });
}

function partition(disk: Disk, number: number, content: Content & { kind: "zfs" }): Block {
  const data = number === 1;
  return {
    name: partitionName(disk.device, number),
    type: "part",
    size: data ? disk.sizeBytes - reservedBytes - 2 * 1024 ** 2 : reservedBytes,
    disk,
    pttype: "gpt",
    parent: disk.device,
    ...(data ? { fstype: "zfs_member", label: content.pool.name, uuid: content.pool.guid } : {}),
  };
}

/** The blocks that paths name, or a complaint about the first that is none. */
function named(host: Host, paths: string[], cwd: string): { found: Block[]; missing?: string } {
  const all = blocks(host);
  const found: Block[] = [];
  for (const path of paths) {
    const at = disksOf(host).resolve(path, cwd);
    const name = at && (at.partition === undefined ? at.device : partitionName(at.device, at.partition));
    const block = all.find((one) => one.name === name);
    if (block === undefined) return { found, missing: path };
    found.push(block);
  }
  return { found };
}

/** Runs a command with getopt's complaints in util-linux's form. */
function guarded(name: string, run: () => Answer): Answer {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    const letter = /'(.)'/.exec(error.message)?.[1] ?? "";
    const what = error.message.startsWith("missing") ? "option requires an argument" : "invalid option";
    return {
      code: 1,
      stderr: `${name}: ${what} -- '${letter}'\nTry '${name} --help' for more information.\n`,
    };
  }
}

/** Long options as their letters; what has none is refused by name. */
function shorten(name: string, args: string[], long: Record<string, string>): string[] {
  return args.flatMap((word) => {
    if (!word.startsWith("--") || word === "--") return [word];
    const [option = "", value] = word.slice(2).split("=", 2);
    const letter = long[option];
    if (letter === undefined) throw new Refused(`${name}: the lab does not simulate ${word}`);
    return value === undefined ? [`-${letter}`] : [`-${letter}`, value];
  });
}

class Refused extends Error {}

function refusing(run: Command): Command {
  return async (host, call) => {
    try {
      return await run(host, call);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return { code: 1, stderr: `${error.message}\n` };
    }
  };
}

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
        stderr: `lsblk: ${missing}: not a block device\n`.replace(
          "not a block device",
          exists ? "unknown device name" : "not a block device",
        ),
      };
    }
    const all = blocks(host);
    const chosen =
      parsed.operands.length === 0
        ? all
        : all.filter((block) => found.some((one) => one.name === block.name || one.name === block.parent));
    const output = lsblkTable(has(parsed, "d") ? chosen.filter((block) => block.type === "disk") : chosen, {
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
        return [`DEVNAME=/dev/${block.name}`, ...shown.map(([name, value]) => `${name}=${value}`)];
      if (format === "device") return [`/dev/${block.name}`];
      return [`/dev/${block.name}: ${shown.map(([name, value]) => `${name}="${value}"`).join(" ")}`];
    });
    return lines.length === 0 ? { code: 2 } : { code: 0, stdout: lines.map((line) => `${line}\n`).join("") };
  });

/** What wipefs finds: offset, type, and the bytes' text when it erases them. */
function signatures(
  block: Block,
): { offset: string; type: string; bytes: string; uuid?: string; label?: string }[] {
  if (block.type === "disk" && block.pttype !== undefined) {
    const backup = `0x${(block.size - 512).toString(16)}`;
    return [
      { offset: "0x200", type: "gpt", bytes: "45 46 49 20 50 41 52 54" },
      { offset: backup, type: "gpt", bytes: "45 46 49 20 50 41 52 54" },
      { offset: "0x1fe", type: "PMBR", bytes: "55 aa" },
    ];
  }
  if (block.fstype === undefined) return [];
  const known: Record<string, [string, string]> = {
    ext4: ["0x438", "53 ef"],
    xfs: ["0x0", "58 46 53 42"],
    LVM2_member: ["0x218", "4c 56 4d 32 20 30 30 31"],
    zfs_member: ["0x3f000", "0c b1 ba 00 00 00 00 00"],
  };
  const [offset, bytes] = known[block.fstype] ?? ["0x0", "00"];
  return [
    {
      offset,
      type: block.fstype,
      bytes,
      ...(block.uuid ? { uuid: block.uuid } : {}),
      ...(block.label ? { label: block.label } : {}),
    },
  ];
}

function inUse(host: Host, block: Block): boolean {
  const content = disksOf(host).content(block.disk.device);
  return content.kind === "zfs" && content.pool.state === "ACTIVE";
}

/** Empties a disk: a lost label may mean a lost pool. */
function erase(host: Host, device: string): void {
  const disks = disksOf(host);
  disks.clear(device);
  if (host.zfs instanceof LabZfs) host.zfs.pools.clearLabel(device);
  disks.showPartitions();
}

const wipefs: Command = (host, call) =>
  guarded("wipefs", () => {
    const parsed = getopt(
      shorten("wipefs", call.args, { all: "a", force: "f", "no-act": "n", quiet: "q", noheadings: "i" }),
      "afnqi",
    );
    if (parsed.operands.length === 0)
      return { code: 1, stderr: "wipefs: no device specified\nTry 'wipefs --help' for more information.\n" };
    const { found, missing } = named(host, parsed.operands, call.cwd);
    if (missing !== undefined) {
      return {
        code: 1,
        stderr: `wipefs: error: ${missing}: probing initialization failed: No such file or directory\n`,
      };
    }
    let stdout = "";
    for (const [index, block] of found.entries()) {
      const path = parsed.operands[index] ?? `/dev/${block.name}`;
      const list = signatures(block);
      if (!has(parsed, "a")) {
        if (list.length > 0 && !has(parsed, "i"))
          stdout += stdout === "" ? "DEVICE   OFFSET          TYPE UUID LABEL\n" : "";
        for (const one of list)
          stdout +=
            `${block.name.padEnd(8)} ${one.offset.padEnd(15)} ${one.type} ${one.uuid ?? ""} ${one.label ?? ""}`.trimEnd() +
            "\n";
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
      if (list.length > 0) erase(host, block.disk.device);
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
  erase(host, block.disk.device);
  return {
    code: 0,
    stdout:
      "GPT data structures destroyed! You may now partition the disk using fdisk or\nother utilities.\n",
  };
};

function wear(host: Host, call: Call, path: string | undefined): Disk | undefined {
  return path === undefined ? undefined : named(host, [path], call.cwd).found[0]?.disk;
}

const smartctl: Command = (host, call) => {
  const path = call.args.at(-1);
  if (!call.args.includes("-j") && !call.args.includes("--json"))
    return { code: 1, stderr: "smartctl: the lab only simulates JSON output (-j)\n" };
  const disk = wear(host, call, path);
  const report = disk
    ? {
        model_name: disk.model,
        serial_number: disk.serial,
        user_capacity: { bytes: disk.sizeBytes },
        smart_status: { passed: true },
        nvme_smart_health_information_log: {
          critical_warning: 0,
          available_spare: 100,
          percentage_used: disk.wearPercent ?? 0,
          power_on_hours: disk.powerOnHours ?? 0,
          media_errors: 0,
        },
        power_on_time: { hours: disk.powerOnHours ?? 0 },
      }
    : {
        smartctl: {
          exit_status: 2,
          messages: [{ string: `Unable to detect device type`, severity: "error" }],
        },
      };
  return { code: disk ? 0 : 2, stdout: `${JSON.stringify(report, null, 2)}\n` };
};

const nvme: Command = (host, call) => {
  const [verb, ...rest] = call.args;
  if (verb !== "smart-log")
    return { code: 1, stderr: `nvme: the lab only simulates smart-log, not ${verb ?? "no command"}\n` };
  const path = rest.find((word) => word.startsWith("/dev/"));
  const disk = wear(host, call, path?.replace(/^(\/dev\/nvme\d+)$/, "$1n1"));
  if (disk === undefined) return { code: 1, stderr: `${path ?? ""}: No such file or directory\n` };
  const log = {
    critical_warning: 0,
    temperature: 311,
    avail_spare: 100,
    spare_thresh: 10,
    percent_used: disk.wearPercent ?? 0,
    power_on_hours: disk.powerOnHours ?? 0,
    media_errors: 0,
  };
  if (rest.includes("json") || rest.includes("-o=json") || rest.includes("--output-format=json"))
    return { code: 0, stdout: `${JSON.stringify(log, null, 2)}\n` };
  const lines = Object.entries(log).map(
    ([name, value]) => `${name.padEnd(35)}: ${value}${/used|spare/.test(name) ? "%" : ""}`,
  );
  return {
    code: 0,
    stdout: `Smart Log for NVME device:${disk.device.replace(/n\d+$/, "")} namespace-id:ffffffff\n${lines.join("\n")}\n`,
  };
};

export const diskCommands = {
  lsblk: { run: refusing(lsblk) },
  blkid: { run: blkid },
  wipefs: { run: refusing(wipefs) },
  sgdisk: { run: sgdisk },
  smartctl: { run: smartctl },
  nvme: { run: nvme },
};
