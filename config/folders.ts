/** Folders of a Debian system: which of them data may lie in on the host, and be mounted at in a guest. */

/** `quickOS//media/./` → `/quickOS/media`: one spelling for each folder. */
export function wholePath(text: string): string {
  return `/${text
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/")}`;
}

/** Whether a folder is another one, or lies in it; both as wholePath gives them. */
export const isWithin = (folder: string, around: string): boolean =>
  folder === around || around === "/" || folder.startsWith(`${around}/`);

const libraries = ["lib", "lib32", "lib64", "libx32"];

/** The system's own folders of a host, with everything below them but what `localFolder` permits. */
const hostSystem = [
  ...["bin", "boot", "dev", "etc", "lost+found", "proc", "root", "run", "sbin", "sys", "usr", "var"],
  ...libraries,
];
/** On a host: folders that hold other people's folders. What lies in them may be anybody's. */
const hostCommon = [
  ...["home", "media", "mnt", "mnt/pve", "opt", "srv", "tmp"],
  ...["etc", "include", "man", "share", "src"].map((name) => `usr/local/${name}`),
];
/** Below /usr/local, which is for the administrator, what programs are run from. */
const localSystem = ["bin", "games", "sbin", ...libraries, "libexec"];

/**
 * Whether a folder of the host is the system's own, lies in one, or holds one: nobody's data lies there, and nobody
 * else may see or own it. NFS, Samba and the folders that containers share look here.
 */
export function isHostSystem(folder: string): boolean {
  const name = folder.slice(1);
  const [top = "", second, third] = name.split("/");
  if (name === "" || hostCommon.includes(name)) return true;
  if (top === "usr" && second === "local" && third !== undefined) return localSystem.includes(third);
  return hostSystem.includes(top);
}

/** Names of pools that ZFS would mount over a part of the system, at /<pool>. */
export const isSystemPool = (name: string): boolean => [...hostSystem, "mnt", "tmp"].includes(name);

/** In a guest: a mount over one of these would hide the system. Folders in them may be mounted over. */
const guestSystem = [
  ...["/", "/bin", "/boot", "/etc", "/sbin", "/usr", "/usr/bin", "/usr/sbin", "/usr/share", "/var"],
  ...["/var/lib", "/var/lib/apt", "/var/lib/dpkg", "/var/lib/systemd"],
  ...libraries.flatMap((name) => [`/${name}`, `/usr/${name}`]),
];
/** In a guest: recreated or emptied at each start, with everything below them. */
const guestPassing = ["/dev", "/proc", "/run", "/sys", "/tmp", "/var/lock", "/var/run", "/var/tmp"];
/** In a guest: a mount over one of these would hide somebody's keys and settings. */
const guestHomes = ["/home", "/root"];

/** What is wrong with mounting something at a folder of a guest. */
export function guestFolderProblem(
  folder: string,
): { kind: "mistake" | "warning"; message: string; remedy: string } | undefined {
  const remedy = "give it a folder of its own, such as /data";
  if (guestSystem.includes(folder))
    return { kind: "mistake", message: "would cover a folder of the guest's own system", remedy };
  const passing = guestPassing.find((around) => isWithin(folder, around));
  if (passing !== undefined)
    return {
      kind: "mistake",
      message: `lies in ${passing}, which the guest's system recreates or empties when it starts`,
      remedy,
    };
  if (guestHomes.includes(folder))
    return {
      kind: "warning",
      message: "covers what the guest's template or image has there, such as keys that may log in",
      remedy: `name a folder in it, such as ${folder}/data, or leave it if that is what you want`,
    };
  return undefined;
}
