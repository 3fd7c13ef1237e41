/** A guest's configuration file below /etc/pve as keys and values. */

export interface GuestConf {
  /** Keys of the main part; a key that comes several times has its values one a line. */
  values: Map<string, string>;
  /** Raw `lxc.…` lines, in their order. */
  raw: string[];
  /** The notes. */
  description: string;
  /** Names of snapshots. */
  snapshots: string[];
  /** Changes that wait for a restart. */
  pending: boolean;
}

/** `%3A` is `:`: Proxmox VE writes ':', '%' and all but ASCII so. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function parseConf(lines: readonly string[]): GuestConf {
  const first = lines.findIndex((line) => line.startsWith("["));
  const main = first === -1 ? lines : lines.slice(0, first);
  const sections = lines.flatMap((line) => /^\[(.+)\]$/.exec(line)?.[1] ?? []);
  const pairs = main.flatMap((line) => {
    const [, key, value = ""] = /^([a-z0-9._-]+):\s*(.*)$/.exec(line) ?? [];
    return key === undefined ? [] : [{ key, value }];
  });
  return {
    values: new Map(pairs.filter(({ key }) => !key.startsWith("lxc.")).map(({ key, value }) => [key, value])),
    raw: pairs.filter(({ key }) => key.startsWith("lxc.")).map(({ key, value }) => `${key}: ${value}`),
    description: main
      .filter((line) => line.startsWith("#"))
      .map((line) => decoded(line.slice(1)))
      .join("\n")
      .trim(),
    snapshots: sections.filter((name) => !/^(pve:pending|PENDING|special:cloudinit)$/.test(name)),
    pending: sections.some((name) => /^(pve:pending|PENDING)$/.test(name)),
  };
}

/** `name=eth0,bridge=vmbr0` as keys and values; a first part without a key is under "". */
export function parseList(text: string): Map<string, string> {
  return new Map(
    text
      .split(",")
      .filter(Boolean)
      .map((part): [string, string] => {
        const at = part.indexOf("=");
        return at === -1 ? ["", part] : [part.slice(0, at), part.slice(at + 1)];
      }),
  );
}

/** Whole gigabytes of Proxmox VE's `8G` or `1T`; undefined for any other size. */
export function gigabytes(size: string | undefined): number | undefined {
  const [, digits, unit] = /^([0-9]+)([GT])$/.exec(size ?? "") ?? [];
  return digits === undefined ? undefined : Number(digits) * (unit === "T" ? 1024 : 1);
}

/** `order=1,up=5,down=5` as boot_order and boot_delay; undefined when it cannot be said so. */
export function startup(text: string): { boot_order?: number; boot_delay?: number } | undefined {
  const parts = parseList(text);
  const [order, up, down] = [parts.get("order") ?? parts.get(""), parts.get("up"), parts.get("down")];
  if (up !== down) return undefined;
  return {
    ...(order !== undefined && { boot_order: Number(order) }),
    ...(up !== undefined && { boot_delay: Number(up) }),
  };
}
