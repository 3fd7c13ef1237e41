/** Options of a container that Proxmox VE has a default for: the keys have its names. */
import { z } from "zod";
import { ip } from "./ip";
import { pattern, whole } from "./primitives";

/** A tag of a guest. Proxmox VE writes tags in lower case; those of stacks say whose a guest is. */
export const guestTags = () =>
  z
    .array(
      pattern(
        /^(?!phoenix-)[a-z0-9_][a-z0-9_+.-]*$/,
        "is not a tag in lower case, or begins with phoenix-, which says whose a guest is",
        124,
      ).describe("a tag: lower-case letters, digits, _ + . and -, not beginning with phoenix-"),
    )
    .optional()
    .describe("Tags in Proxmox VE; those that somebody else sets stay");

/** A pool of Proxmox VE by its name (PVE::AccessControl::verify_poolname, PVE::API2::Pool). */
export const guestPool = () =>
  pattern(
    /^[A-Za-z][A-Za-z0-9._-]*(?:\/[A-Za-z][A-Za-z0-9._-]*){0,2}$/,
    "is not the name of a pool Proxmox accepts",
  )
    .optional()
    .describe(
      "Pool of Proxmox VE that it is a member of, such as web or lab/web; made where it is not there",
    );

/** Spread into the container's schema. */
export const optionKeys = {
  tags: guestTags(),
  pool: guestPool(),
  cpulimit: z
    .number()
    .min(0)
    .max(8192)
    .optional()
    .describe("Most CPU time in CPUs, such as 1.5; 0, the default, for no limit. Changes while it runs"),
  cpuunits: whole(1, 500000)
    .optional()
    .describe(
      "Weight of its CPU time against other guests', 1 to 10000 in effect; 100 by default. Changes while it runs",
    ),
  nameserver: z
    .array(ip().describe("an IPv4 or IPv6 address"))
    .min(1)
    .optional()
    .describe("Addresses of DNS servers, in this order; the node's without it. A change restarts it"),
  searchdomain: pattern(
    /^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*$/,
    "is not a domain",
  )
    .optional()
    .describe("Domain that short names are looked up in; the node's without it. A change restarts it"),
  timezone: pattern(
    /^(?!Etc\/)(?:host|UTC|[A-Z][A-Za-z]+(?:\/[A-Za-z0-9_+-]+){1,2})$/,
    "is not a time zone that Proxmox takes",
  )
    .optional()
    .describe(
      "Time zone inside: host for the node's, UTC, or one of zone.tab such as Europe/Berlin; the template's without it. A change restarts it",
    ),
  tty: whole(0, 6)
    .optional()
    .describe("Number of its terminals for consoles, 0 to 6; 2 by default. A change restarts it"),
  cmode: z
    .enum(["tty", "console", "shell"])
    .optional()
    .describe(
      "What a console connects to: tty, the default, console or shell, which asks no login. A change restarts it",
    ),
  console: z
    .boolean()
    .optional()
    .describe("Whether it has /dev/console; true by default. A change restarts it"),
};

type OptionKeys = z.output<z.ZodObject<typeof optionKeys>>;

/** What of these an entry says, as Proxmox VE has it; the tags apart. */
export interface ContainerOptions {
  cmode?: string;
  console?: 0 | 1;
  /** CPUs. */
  cpulimit?: number;
  cpuunits?: number;
  /** Addresses, a space between them. */
  nameserver?: string;
  searchdomain?: string;
  timezone?: string;
  tty?: number;
}

export function containerOptions(entry: OptionKeys): { options?: ContainerOptions } {
  const { cmode, cpulimit, cpuunits, searchdomain, timezone, tty } = entry;
  const said = {
    cmode,
    console: entry.console === undefined ? undefined : entry.console ? (1 as const) : (0 as const),
    cpulimit,
    cpuunits,
    nameserver: entry.nameserver?.join(" "),
    searchdomain,
    timezone,
    tty,
  };
  const options = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
  return Object.keys(options).length > 0 ? { options } : {};
}

/** Those that a running container takes up at its next start only (PVE::LXC::Config::vmconfig_hotplug_pending). */
export function optionsAtStart(options: ContainerOptions = {}): ContainerOptions {
  return { ...options, cpulimit: undefined, cpuunits: undefined };
}
