/** Options of a virtual machine that Proxmox VE has a default for, most of them under its own names. */
import { z } from "zod";
import { guestTags } from "./container-options";
import { pattern, whole } from "./primitives";

/** Of one machine alone; spread into the schema of an entry. */
export const ownOptionKeys = { tags: guestTags() };

/** PVE::QemuServer::CPUFlags; any other that QEMU knows only a CPU model of the node's own can have. */
const cpuFlags = [
  ...["aes", "amd-no-ssb", "amd-ssbd", "hv-evmcs", "hv-tlbflush", "ibpb", "md-clear", "nested-virt", "pcid"],
  ...["pdpe1gb", "spec-ctrl", "ssbd", "virt-ssbd"],
];

/** Spread into the schema of what an entry may say and vm_defaults may say for it. */
export const optionKeys = {
  cpu_flags: z
    .array(
      pattern(
        new RegExp(`^[+-](?:${cpuFlags.join("|")})$`),
        `is not + or - and one of ${cpuFlags.join(", ")}`,
        20,
      ).describe("+ or - and the name of a flag, such as +aes"),
    )
    .describe("Flags that the CPU type has more (+) or less (-). A change restarts the machine"),
  cpulimit: z
    .number()
    .min(0)
    .max(128)
    .describe("Most CPU time in CPUs, such as 1.5; 0, the default, for no limit. Changes while it runs"),
  cpuunits: whole(1, 262144).describe(
    "Weight of its CPU time against other guests', 1 to 10000 in effect; 100 by default. Changes while it runs",
  ),
  sockets: whole(1, 16).describe(
    "Sockets, each with that many cores; 1 by default. A change restarts the machine",
  ),
  numa: z
    .boolean()
    .describe("Whether it sees NUMA nodes, one for each socket; false by default. A change restarts it"),
  balloon_mb: whole(0, 134217728).describe(
    "Memory in MB that the host leaves it when it is short of memory, at most memory_mb, which is the default; " +
      "0 for no balloon device, with which a change restarts the machine",
  ),
};

type OptionKeys = Partial<z.output<z.ZodObject<typeof optionKeys>>>;

/** What of these an entry says, as Proxmox VE has it; flags and tags apart. */
export interface VmOptions {
  /** MiB. */
  balloon?: number;
  /** CPUs. */
  cpulimit?: number;
  cpuunits?: number;
  numa?: 0 | 1;
  sockets?: number;
}

export function vmOptions({ balloon_mb: balloon, cpulimit, cpuunits, numa, sockets }: OptionKeys): {
  options?: VmOptions;
} {
  const said = { balloon, cpulimit, cpuunits, numa: numa === undefined ? undefined : Number(numa), sockets };
  const options = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
  return Object.keys(options).length > 0 ? { options } : {};
}
