/** zpool(8): subcommands that change something. Reading is in zpoolShow.ts. */
import type { Command } from "../../../types";
import { clearedTable } from "../../diskLayout";
import { ZfsError } from "../../zfs/errors";
import { getopt, has, last, values } from "../getopt";
import { answer, assignment, assignments, single, type Subcommand, UsageError } from "./family";
import { get, list, poolPropertyHelp } from "./zpoolShow";
import { importable, status } from "./zpoolStatus";
import { care } from "./zpoolCare";

function notSimulated(command: string, option: string): never {
  throw new ZfsError(`zpool ${command}: the lab does not simulate option -${option}`);
}

const create: Subcommand = {
  usage:
    "\tcreate [-fnd] [-o property=value] ... \n\t    [-O file-system-property=value] ... \n" +
    "\t    [-m mountpoint] [-R root] <pool> <vdev> ...\n",
  operation: "zpool create",
  run(zfs, args) {
    const parsed = getopt(args, "fndR:m:o:O:t:");
    for (const option of ["n", "d", "R", "t"]) if (has(parsed, option)) notSimulated("create", option);
    const properties = assignments(values(parsed, "o"), "missing '=' for -o option");
    // A mountpoint may be given more than once, the last one counts.
    const given = values(parsed, "O").map((text) => assignment(text, "missing '=' for -O option"));
    const others = given.filter(([property]) => property !== "mountpoint").map((pair) => pair.join("="));
    const rootProperties = assignments(others, "");
    const mountpoint =
      last(parsed, "m") ?? given.filter(([property]) => property === "mountpoint").at(-1)?.[1];
    if (mountpoint !== undefined) rootProperties.mountpoint = mountpoint;
    const [name, ...vdevs] = parsed.operands;
    if (name === undefined) throw new UsageError("missing pool name argument");
    if (vdevs.length === 0) throw new UsageError("missing vdev specification");
    if (name.includes("/")) {
      throw new ZfsError(
        `cannot create '${name}': invalid character '/' in pool name\nuse 'zfs create' to create a dataset`,
      );
    }
    zfs.pools.create({ name, vdevs, properties, rootProperties, force: has(parsed, "f") });
    return "";
  },
};

const destroy: Subcommand = {
  usage: "\tdestroy [-f] <pool>\n",
  run(zfs, args) {
    const { operands } = getopt(args, "f");
    const name = single(operands, "missing pool argument");
    if (name.includes("/"))
      throw new ZfsError(
        `cannot open '${name}': invalid character '/' in pool name\nuse 'zfs destroy' to destroy a dataset`,
      );
    zfs.pools.destroy(name);
    return "";
  },
};

const exportPools: Subcommand = {
  usage: "\texport [-af] <pool> ...\n",
  run(zfs, args) {
    const parsed = getopt(args, "afF");
    const names = has(parsed, "a") ? zfs.state.active().map((pool) => pool.name) : parsed.operands;
    if (names.length === 0 && !has(parsed, "a")) throw new UsageError("missing pool argument");
    for (const name of names) zfs.pools.export(name);
    return "";
  },
};

const importPools: Subcommand = {
  usage:
    "\timport [-d dir] [-D]\n" +
    "\timport [-o mntopts] [-o property=value] ... \n" +
    "\t    [-d dir | -c cachefile] [-D] [-l] [-f] [-m] [-N] [-R root] [-F [-n]] -a\n" +
    "\timport [-o mntopts] [-o property=value] ... \n" +
    "\t    [-d dir | -c cachefile] [-D] [-l] [-f] [-m] [-N] [-R root] [-F [-n]]\n" +
    "\t    [--rewind-to-checkpoint] <pool | id> [newpool]\n",
  operation: "zpool import",
  run(zfs, args) {
    const parsed = getopt(args, "aCc:d:DEfFlmnNo:R:stT:VX");
    for (const option of "CcEFlmnoRstTVX") if (has(parsed, option)) notSimulated("import", option);
    for (const folder of values(parsed, "d")) {
      if (!/^\/dev(\/disk\/by-[a-z]+)?\/?$/.test(folder))
        throw new ZfsError(`zpool import: the lab finds pools below /dev only, not in ${folder}`);
    }
    const destroyed = has(parsed, "D");
    // Named after the first folder given, as far as the disk has a name there.
    const [folder] = values(parsed, "d").map((path) => path.replace(/\/$/, ""));
    const given = (device: string) => {
      const disk = zfs.pools.disks.find(device);
      if (folder === "/dev") return `/dev/${device}`;
      return folder === "/dev/disk/by-id" && disk?.byId[0] ? `${folder}/${disk.byId[0]}` : undefined;
    };
    const options = { destroyed, mount: !has(parsed, "N"), force: has(parsed, "f"), given };
    if (has(parsed, "a")) {
      for (const pool of zfs.pools.importable(destroyed)) zfs.pools.importPool(pool.guid, options);
      return "";
    }
    const [wanted, newName, ...rest] = parsed.operands;
    if (wanted === undefined) {
      const found = zfs.pools.importable(destroyed);
      return found.length === 0 ? { stderr: "no pools available to import\n" } : importable(zfs, found);
    }
    if (rest.length > 0) throw new UsageError("too many arguments");
    zfs.pools.importPool(wanted, { ...options, ...(newName === undefined ? {} : { newName }) });
    return "";
  },
};

const labelclear: Subcommand = {
  usage: "\tlabelclear [-f] <vdev>\n",
  run(zfs, args) {
    const parsed = getopt(args, "f");
    const path = single(parsed.operands, "missing vdev name");
    const found = zfs.pools.disks.resolve(path.startsWith("/") ? path : `/dev/${path}`);
    if (found === undefined) {
      throw new ZfsError(
        path.startsWith("/")
          ? `failed to open ${path}: No such file or directory`
          : `failed to find device ${path}, try specifying absolute path instead`,
      );
    }
    const content = zfs.pools.disks.content(found.device);
    // On a whole disk the label lies in the first partition.
    if (content.kind !== "zfs" || found.partition !== 1)
      throw new ZfsError(`failed to read label from ${path}`);
    if (content.pool.state === "ACTIVE") {
      const more = has(parsed, "f") ? ". Offline the disk first to clear its label." : "";
      throw new ZfsError(`${path} is a member (ACTIVE) of pool "${content.pool.name}"${more}`);
    }
    if (content.pool.state !== "DESTROYED" && !has(parsed, "f")) {
      const kind = content.pool.state === "EXPORTED" ? "exported" : "potentially active";
      throw new ZfsError(
        `use '-f' to override the following error:\n${path} is a member of ${kind} pool "${content.pool.name}"`,
      );
    }
    zfs.pools.clearLabel(found.device);
    const disk = zfs.pools.disks.find(found.device);
    if (disk) zfs.pools.disks.setLayout(found.device, clearedTable(disk));
    zfs.pools.disks.showPartitions();
    return "";
  },
};

const set: Subcommand = {
  usage: "\tset <property=value> <pool>\n\tset <vdev_property=value> <pool> <vdev>\n",
  more: poolPropertyHelp,
  run(zfs, args) {
    if (args[0]?.startsWith("-")) throw new UsageError(`invalid option '${args[0].charAt(1)}'`);
    const [setting, name, ...rest] = args;
    if (setting === undefined) throw new UsageError("missing property=value argument");
    if (name === undefined) throw new UsageError("missing pool name");
    if (rest.length > 0) throw new ZfsError("zpool set: the lab does not simulate properties of vdevs");
    if (!setting.includes("=")) throw new UsageError("missing value in property=value argument");
    if (zfs.state.pool(name) === undefined) throw new ZfsError(`cannot open '${name}': is not a pool`, 22);
    zfs.pools.set(name, ...assignment(setting, ""));
    return "";
  },
};

const version: Subcommand = {
  usage: "\tversion [-j]\n",
  run: () => "zfs-2.4.0-pve1\nzfs-kmod-2.4.0-pve1\n",
};

/** What `zpool upgrade` and `sync` are for does not exist here; they are refused by name. */
/** Subcommands that OpenZFS has and the lab refuses by name. */
export const known = (
  "add attach checkpoint condense ddtprune detach events history initialize iostat prefetch " +
  "reguid remove reopen resilver split sync trim upgrade"
).split(" ");

export const subcommands: Record<string, Subcommand> = {
  ...{
    version,
    create,
    destroy,
    labelclear,
    list,
    status,
    import: importPools,
    export: exportPools,
    get,
    set,
  },
  ...care,
  ...{ "--version": version, "-V": version },
};

export const zpoolCommand: Command = (host, call) =>
  answer(
    host,
    call,
    subcommands,
    known,
    "\nFor further help on a command or topic, run: zpool help [<topic>]\n",
  );
