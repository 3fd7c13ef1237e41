/** zfs(8): subcommands that change something. Reading is in zfsShow.ts. */
import type { Command } from "../../../types";
import { ZfsError } from "../../zfs/errors";
import { splitSnapshot } from "../../zfs/names";
import { parseSize } from "../../zfs/numbers";
import { getopt, has, last, values } from "../getopt";
import { answer, assignments, single, UsageError, type Subcommand } from "./family";
import { get, list, propertyHelp } from "./zfsShow";

const missingEquals = "missing '=' for property=value argument";
const furtherHelp = [
  "\nFor the property list, run: zfs set|get\n",
  "\nFor the delegated permission list, run: zfs allow|unallow\n",
  "\nFor further help on a command or topic, run: zfs help [<topic>]\n",
].join("");

function notSimulated(command: string, option: string): never {
  throw new ZfsError(`zfs ${command}: the lab does not simulate option -${option}`);
}

const create: Subcommand = {
  usage:
    "\tcreate [-Pnp[p]uv] [-o property=value] ... <filesystem>\n" +
    "\tcreate [-Pnp[p]sv] [-b blocksize] [-o property=value] ... -V <size> <volume>\n",
  operation: "zfs create",
  run(zfs, args) {
    const parsed = getopt(args, "PV:b:nso:puv");
    for (const option of ["P", "n", "v"]) if (has(parsed, option)) notSimulated("create", option);
    const properties = assignments(values(parsed, "o"), missingEquals);
    const volume = last(parsed, "V");
    const block = last(parsed, "b");
    if (volume === undefined && (block !== undefined || has(parsed, "s"))) {
      throw new UsageError("'-s' and '-b' can only be used when creating a volume");
    }
    const name = single(
      parsed.operands,
      `missing ${volume === undefined ? "filesystem" : "volume"} argument`,
    );
    if (volume !== undefined) {
      const size = parseSize(volume);
      if (size === 0) throw new ZfsError(`cannot create '${name}': volume size cannot be zero`);
      properties.volsize = String(size);
      if (block !== undefined) properties.volblocksize = block;
      if (!has(parsed, "s")) properties.refreservation ??= String(size);
    }
    zfs.create(name, properties, { parents: has(parsed, "p"), mount: !has(parsed, "u") });
    return "";
  },
};

const destroy: Subcommand = {
  usage:
    "\tdestroy [-fnpRrv] <filesystem|volume>\n" +
    "\tdestroy [-dnpRrv] <filesystem|volume>@<snap>[%<snap>][,...]\n" +
    "\tdestroy <filesystem|volume>#<bookmark>\n",
  operation: "zfs destroy",
  run(zfs, args) {
    const parsed = getopt(args, "vpndfrR");
    for (const option of ["n", "p", "v", "d"]) if (has(parsed, option)) notSimulated("destroy", option);
    const name = single(parsed.operands, "missing dataset argument");
    if (/[%,#]/.test(name))
      throw new ZfsError(`zfs destroy: the lab does not simulate ranges, lists or bookmarks: ${name}`);
    const clones = has(parsed, "R");
    zfs.destroy(name, { recursive: clones || has(parsed, "r"), clones });
    return "";
  },
};

const snapshot: Subcommand = {
  usage: "\tsnapshot [-r] [-o property=value] ... <filesystem|volume>@<snap> ...\n",
  operation: "zfs snapshot",
  run(zfs, args) {
    const parsed = getopt(args, "ro:");
    const properties = assignments(values(parsed, "o"), missingEquals);
    if (parsed.operands.length === 0) throw new UsageError("missing snapshot argument");
    for (const name of parsed.operands) {
      const [dataset, wanted] = splitSnapshot(name);
      if (wanted === undefined) throw new UsageError("");
      if (!zfs.exists(dataset)) throw new UsageError(`cannot open '${dataset}': dataset does not exist`);
      const all = has(parsed, "r") ? zfs.state.tree(dataset) : [dataset];
      for (const one of all) zfs.snapshot(`${one}@${wanted}`);
      for (const one of all) {
        for (const [property, value] of Object.entries(properties))
          zfs.set(`${one}@${wanted}`, property, value);
      }
    }
    return "";
  },
};

const rollback: Subcommand = {
  usage: "\trollback [-rRf] <snapshot>\n",
  run(zfs, args) {
    const parsed = getopt(args, "rRf");
    const name = single(parsed.operands, "missing dataset argument");
    zfs.rollback(name, { destroyLater: has(parsed, "r") || has(parsed, "R") });
    return "";
  },
};

const clone: Subcommand = {
  usage: "\tclone [-p[p]u] [-o property=value] ... <snapshot> <filesystem|volume>\n",
  operation: "zfs clone",
  run(zfs, args) {
    const parsed = getopt(args, "o:pu");
    if (has(parsed, "u")) notSimulated("clone", "u");
    const [from, to, ...rest] = parsed.operands;
    if (from === undefined) throw new UsageError("missing source dataset argument");
    if (to === undefined) throw new UsageError("missing target dataset argument");
    if (rest.length > 0) throw new UsageError("too many arguments");
    zfs.clone(from, to, assignments(values(parsed, "o"), missingEquals), { parents: has(parsed, "p") });
    return "";
  },
};

const rename: Subcommand = {
  usage:
    "\trename [-f] <filesystem|volume|snapshot> <filesystem|volume|snapshot>\n" +
    "\trename -p[p] [-f] <filesystem|volume> <filesystem|volume>\n" +
    "\trename -u [-f] <filesystem> <filesystem>\n" +
    "\trename -r <snapshot> <snapshot>\n",
  run(zfs, args) {
    const parsed = getopt(args, "pruf");
    for (const option of ["r", "u"]) if (has(parsed, option)) notSimulated("rename", option);
    const [from, to, ...rest] = parsed.operands;
    if (from === undefined) throw new UsageError("missing source dataset argument");
    if (to === undefined) throw new UsageError("missing target dataset argument");
    if (rest.length > 0) throw new UsageError("too many arguments");
    if (from.includes("@")) throw new ZfsError("zfs rename: the lab does not simulate renaming snapshots");
    zfs.rename(from, to, { parents: has(parsed, "p") });
    return "";
  },
};

const set: Subcommand = {
  usage: "\tset [-u] <property=value> ... <filesystem|volume|snapshot> ...\n",
  more: propertyHelp,
  run(zfs, args) {
    const parsed = getopt(args, "u");
    if (has(parsed, "u")) notSimulated("set", "u");
    const words = parsed.operands;
    if (words.length === 0) throw new UsageError("missing arguments");
    const settings = words.filter((word) => word.includes("="));
    const names = words.filter((word) => !word.includes("="));
    if (words.length < 2 && settings.length === 0) throw new UsageError("missing property=value argument(s)");
    if (names.length === 0) throw new UsageError("missing dataset name(s)");
    if (words.slice(0, settings.length).some((word) => !word.includes("=")))
      throw new UsageError("invalid argument order");
    for (const name of names) {
      for (const [property, value] of Object.entries(assignments(settings, missingEquals)))
        zfs.set(name, property, value);
    }
    return "";
  },
};

const inherit: Subcommand = {
  usage: "\tinherit [-rS] <property> <filesystem|volume|snapshot> ...\n",
  more: propertyHelp,
  run(zfs, args) {
    const parsed = getopt(args, "rS");
    if (has(parsed, "S")) notSimulated("inherit", "S");
    const [property, ...names] = parsed.operands;
    if (property === undefined) throw new UsageError("missing property argument");
    if (names.length === 0) throw new UsageError("missing dataset argument");
    for (const name of names) {
      for (const one of has(parsed, "r") ? zfs.state.tree(name) : [name]) {
        zfs.inherit(one, property);
      }
    }
    return "";
  },
};

const mount: Subcommand = {
  usage: "\tmount [-j]\n\tmount [-flvO] [-o opts] <-a|-R filesystem|filesystem>\n",
  run(zfs, args) {
    const parsed = getopt(args, "ajRlvo:Of");
    for (const option of ["j", "R", "l", "v", "o", "O", "f"])
      if (has(parsed, option)) notSimulated("mount", option);
    if (has(parsed, "a")) {
      for (const pool of zfs.state.active())
        for (const name of zfs.state.tree(pool.name)) zfs.mountIfWanted(name);
      return "";
    }
    if (parsed.operands.length > 0) {
      zfs.mount(single(parsed.operands, ""));
      return "";
    }
    const mounted = zfs.state
      .active()
      .flatMap((pool) => zfs.state.tree(pool.name))
      .filter((name) => zfs.state.dataset(name)?.mounted);
    return mounted.map((name) => `${name.padEnd(30)}  ${zfs.mountpoint(name)}\n`).join("");
  },
};

const unmount: Subcommand = {
  usage: "\tunmount [-fu] <-a | filesystem|mountpoint>\n",
  run(zfs, args) {
    const parsed = getopt(args, "afu");
    for (const option of ["a", "u"]) if (has(parsed, option)) notSimulated("unmount", option);
    const wanted = single(parsed.operands, "missing filesystem argument");
    const all = zfs.state.active().flatMap((pool) => zfs.state.tree(pool.name));
    const name = wanted.startsWith("/") ? all.find((one) => zfs.mountpoint(one) === wanted) : wanted;
    if (name === undefined) throw new ZfsError(`cannot unmount '${wanted}': not a mountpoint`);
    const dataset = zfs.state.dataset(name);
    if (dataset === undefined) throw new ZfsError(`cannot open '${name}': dataset does not exist`);
    if (!dataset.mounted) throw new ZfsError(`cannot unmount '${name}': not currently mounted`);
    zfs.unmount(name);
    zfs.state.save();
    return "";
  },
};

const version: Subcommand = {
  usage: "\tversion [-j]\n",
  run: () => "zfs-2.4.0-pve1\nzfs-kmod-2.4.0-pve1\n",
};

export const subcommands: Record<string, Subcommand> = Object.fromEntries(
  Object.entries({
    ...{
      version,
      create,
      destroy,
      snapshot,
      rollback,
      clone,
      rename,
      list,
      set,
      get,
      inherit,
      mount,
      unmount,
    },
    ...{ snap: snapshot, umount: unmount, "--version": version, "-V": version },
  }).map(([name, command]) => [name, { more: furtherHelp, ...command }]),
);

/** Subcommands of the real one that the lab refuses by name. */
/** Subcommands that OpenZFS has and the lab refuses by name. */
export const known = (
  "allow bookmark change-key diff groupspace hold holds jail load-key program project projectspace promote " +
  "receive recv redact release rewrite send share unallow unjail unload-key unshare unzone upgrade userspace wait zone"
).split(" ");

export const zfsCommand: Command = (host, call) =>
  answer(host, call, subcommands, known, "\nEach dataset is of the form: pool/[dataset/]*dataset[@name]\n");
