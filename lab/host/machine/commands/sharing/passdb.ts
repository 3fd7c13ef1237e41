/** Samba's users: smbpasswd and pdbedit over one database. Messages as of Samba 4.17. */
import type { Answer, Command, Host } from "../../../types";
import { configurationFile, readConfiguration } from "./smbConf";
import { ntHash } from "./md4";

interface Entry {
  uid: string;
  nt: string;
  disabled?: boolean;
  /** Seconds since the epoch of the last change of the password. */
  changed: number;
}

const section = "samba-passdb";
const entries = (host: Host) => host.store.get<Record<string, Entry>>(section, {});

function change(host: Host, name: string, entry: Entry | undefined): void {
  const others = Object.entries(entries(host)).filter(([other]) => other !== name);
  host.store.set(section, Object.fromEntries(entry === undefined ? others : [...others, [name, entry]]));
}

/** Whether a password opens a user's account. */
export function opens(host: Host, name: string, password: string): boolean {
  const entry = entries(host)[name];
  return entry !== undefined && entry.disabled !== true && entry.nt === ntHash(password);
}

/** All users are gone: the package was purged. */
export const forgetUsers = (host: Host): void => host.store.set(section, {});

async function uidOf(host: Host, name: string): Promise<string | undefined> {
  const { code, stdout } = await host.run(["id", "-u", "--", name]);
  return code === 0 ? stdout.trim() : undefined;
}

const failed = (stderr: string, code = 1): Answer => ({ code, stderr });
const missing = (name: string): Answer => failed(`Failed to find entry for user ${name}.\n`);

/** Two lines, as `-s` reads them: the password, or what Samba says of it. */
function password(input: string): { password: string } | Answer {
  const [first, second, ...more] = input.split("\n");
  if (first === undefined || second === undefined || (more.length === 0 && second === "")) {
    return failed("Unable to get new password.\n");
  }
  if (first !== second) return failed("Mismatch - password unchanged.\nUnable to get new password.\n");
  return { password: first };
}

export const smbpasswd: Command = async (host, call) => {
  const options = new Set<string>();
  let name: string | undefined;
  for (const word of call.args) {
    if (!word.startsWith("-")) {
      if (name !== undefined)
        return failed("smbpasswd: the lab does not simulate a password as an argument\n");
      name = word;
      continue;
    }
    for (const letter of word.slice(1)) {
      if (!"asxed".includes(letter)) return failed(`smbpasswd: the lab does not simulate -${letter}\n`);
      options.add(letter);
    }
  }
  if (!readConfiguration(host).usable)
    return failed(`Can't load ${configurationFile} - run testparm to debug it\n`);
  if (name === undefined)
    return failed("smbpasswd: the lab does not simulate a change of root's own password\n");
  const entry = entries(host)[name];
  if (options.has("x")) {
    if (!entry) return missing(name);
    change(host, name, undefined);
    return { code: 0, stdout: `Deleted user ${name}.\n` };
  }
  if (options.has("d") || options.has("e")) {
    if (!entry) return failed(`Failed to find user ${name} in passdb backend.\n`);
    const disabled = options.has("d");
    change(host, name, { ...entry, disabled });
    return { code: 0, stdout: `${disabled ? "Disabled" : "Enabled"} user ${name}.\n` };
  }
  if (!options.has("s")) return failed("smbpasswd: the lab only reads a password with -s\n");
  const given = password((await call.stdin()).toString("utf8"));
  if ("code" in given || "exec" in given) return given;
  if (!entry && !options.has("a")) return missing(name);
  const uid = await uidOf(host, name);
  if (uid === undefined) return entry ? missing(name) : failed(`Failed to add entry for user ${name}.\n`);
  change(host, name, { ...entry, uid, nt: ntHash(given.password), changed: Math.floor(Date.now() / 1000) });
  return { code: 0, stdout: entry ? "" : `Added user ${name}.\n` };
};

const line = (name: string, { uid, nt, disabled, changed }: Entry, full: boolean): string =>
  full
    ? `${name}:${uid}:${"X".repeat(32)}:${nt}:[${(disabled ? "DU" : "U").padEnd(11)}]:LCT-${changed.toString(16).toUpperCase()}:\n`
    : `${name}:${uid}:\n`;

export const pdbedit: Command = async (host, call) => {
  const letters = new Set<string>();
  let user: string | undefined;
  const words = [...call.args];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === "-u" || word === "--user") user = words.shift();
    else if (word.startsWith("--user=")) user = word.slice("--user=".length);
    else if (!word.startsWith("-")) user = word;
    else {
      for (const letter of word.replace(/^--list$/, "-L").slice(1)) {
        if (!"Lwxat".includes(letter)) return failed(`pdbedit: the lab does not simulate ${word}\n`, 255);
        letters.add(letter);
      }
    }
  }
  if (!readConfiguration(host).usable)
    return failed(`Can't load ${configurationFile} - run testparm to debug it\n`);
  const all = entries(host);
  if (letters.has("L")) {
    const found = Object.entries(all).filter(([name]) => user === undefined || name === user);
    if (user !== undefined && found.length === 0) return failed("Username not found!\n", 255);
    return { code: 0, stdout: found.map(([name, entry]) => line(name, entry, letters.has("w"))).join("") };
  }
  if (user === undefined) return failed("Username not specified! (use -u option)\n", 255);
  if (letters.has("x")) {
    if (!all[user]) return failed(`user ${user} does not exist in the passdb\n`, 255);
    change(host, user, undefined);
    return { code: 0 };
  }
  if (!letters.has("a")) return failed("pdbedit: the lab only simulates -L, -w, -x and -a\n", 255);
  if (!letters.has("t")) return failed("pdbedit: the lab only reads a password with -t\n", 255);
  const given = password((await call.stdin()).toString("utf8"));
  if ("code" in given || "exec" in given) return failed("Failed to read passwords.\n", 255);
  const uid = await uidOf(host, user);
  if (uid === undefined) return failed(`Failed to get user info for ${user}.\n`, 255);
  change(host, user, { uid, nt: ntHash(given.password), changed: Math.floor(Date.now() / 1000) });
  return { code: 0, stdout: line(user, entries(host)[user] ?? assertEntry(user), false) };
};

function assertEntry(user: string): never {
  throw new Error(`${user} was written and is not there`);
}
