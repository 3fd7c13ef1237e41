/** zpool scrub, offline, online, replace, clear, wait. */
import { ZfsError } from "../../zfs/errors";
import type { LabZfs } from "../../zfs/zfs";
import { getopt, has, type Parsed } from "../getopt";
import { type Subcommand, UsageError } from "./family";

function refuse(command: string, parsed: Parsed, letters: string): void {
  for (const letter of letters) {
    if (has(parsed, letter))
      throw new ZfsError(`zpool ${command}: the lab does not simulate option -${letter}`);
  }
}

function poolOf(zfs: LabZfs, name: string | undefined): string {
  if (name === undefined) throw new UsageError("missing pool name argument");
  if (zfs.state.pool(name) === undefined) throw new ZfsError(`cannot open '${name}': no such pool`);
  return name;
}

const scrub: Subcommand = {
  usage: "\tscrub [-e | -s | -p | -C] [-w] [-S date] [-E date] <-a | pool> [<pool> ...]\n",
  run(zfs, args) {
    const parsed = getopt(args, "spweCS:E:a");
    refuse("scrub", parsed, "eCSE");
    const names = has(parsed, "a") ? zfs.state.active().map(({ name }) => name) : parsed.operands;
    if (names.length === 0) throw new UsageError("missing pool name argument");
    for (const name of names.map((one) => poolOf(zfs, one))) {
      // It ends at once, so there is none to pause or stop.
      if (has(parsed, "p")) throw new ZfsError(`cannot pause scrubbing ${name}: there is no active scrub`);
      if (has(parsed, "s")) throw new ZfsError(`cannot cancel scrubbing ${name}: there is no active scrub`);
      zfs.care.scrub(name);
    }
    return "";
  },
};

function setOffline(offline: boolean): Subcommand {
  const verb = offline ? "offline" : "online";
  return {
    usage: offline
      ? "\toffline [--power]|[[-f][-t]] <pool> <device> ...\n"
      : "\tonline [--power] [-e] <pool> <device> ...\n",
    run(zfs, args) {
      const parsed = getopt(args, offline ? "ft" : "e");
      refuse(verb, parsed, "fte");
      const [name, ...devices] = parsed.operands;
      const pool = poolOf(zfs, name);
      if (devices.length === 0) throw new UsageError("missing device name");
      for (const device of devices) zfs.care.setOffline(pool, device, offline);
      return "";
    },
  };
}

const replace: Subcommand = {
  usage: "\treplace [-fsw] [-o property=value] <pool> <device> [new-device]\n",
  run(zfs, args) {
    const parsed = getopt(args, "fo:sw");
    refuse("replace", parsed, "os");
    const [name, old, by, ...rest] = parsed.operands;
    const pool = poolOf(zfs, name);
    if (old === undefined) throw new UsageError("missing <device> specification");
    if (rest.length > 0) throw new UsageError("too many arguments");
    zfs.care.replace(pool, old, by ?? old, has(parsed, "f"));
    return "";
  },
};

const clear: Subcommand = {
  usage: "\tclear [--power] [-nF] <pool> [device]\n",
  run(zfs, args) {
    const parsed = getopt(args, "FnwX");
    refuse("clear", parsed, "FnwX");
    if (parsed.operands.length > 1) throw new ZfsError("zpool clear: the lab clears whole pools only");
    zfs.care.clear(poolOf(zfs, parsed.operands[0]));
    return "";
  },
};

const wait: Subcommand = {
  usage: "\twait [-Hp] [-T d|u] [-t <activity>[,...]] <pool> [interval]\n",
  run(zfs, args) {
    const parsed = getopt(args, "HpT:t:");
    // Nothing of the lab's goes on in the background.
    poolOf(zfs, parsed.operands[0]);
    return "";
  },
};

export const care: Record<string, Subcommand> = {
  scrub,
  offline: setOffline(true),
  online: setOffline(false),
  replace,
  clear,
  wait,
};
