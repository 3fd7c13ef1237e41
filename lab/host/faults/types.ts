/** Faults on order: what a lab's host is told to do wrong, and when. */

/** When a fault that waits for something strikes. */
export interface When {
  /** Regular expression that the command's line, or `VERB /path` of a request, must match; every one by default. */
  match?: string;
  /** Strikes at the nth match from its order on; 1 by default. */
  nth?: number;
  /** How often it strikes in a row from then on; 1 by default, 0 until cleared. */
  times?: number;
}

export type Fault =
  /** Cuts the SSH connection that runs a command: in its place, or in the middle of it. */
  | ({ kind: "drop"; afterBytes?: number; afterMs?: number } & When)
  /** Nobody listens for that many seconds (0 until cleared). */
  | { kind: "refuse"; seconds: number; only?: "ssh" | "api" }
  /** A process of the host holds a flock: on a file, `dpkg`'s, or that of a guest's configuration. */
  | { kind: "lock"; file: string; seconds: number }
  /** A command by name and arguments is slow, or fails instead of being run. */
  | ({ kind: "command"; slowMs?: number; exit?: number; stderr?: string } & When)
  /** What works on an operation, such as `qm snapshot 100`, is killed in the middle of it, and cleans nothing up. */
  | ({ kind: "kill" } & When)
  /** The API answers with a status, late, or never. */
  | ({ kind: "api"; slowMs?: number; status?: number; reason?: string; hang?: boolean } & When)
  /** No space is left in a folder, but for `freeKib`. */
  | { kind: "fill"; folder: string; freeKib: number }
  /** Everything that runs ends, the host is away for that long, and comes up again. */
  | { kind: "reboot"; seconds: number }
  /** A disk by kernel name, or a graphics card by PCI address, is not there any more. */
  | { kind: "disk"; device: string }
  | { kind: "gpu"; pci: string }
  /** The IOMMU is off. */
  | { kind: "iommu" }
  /** A graphics card shares its IOMMU group with the board's USB controller. */
  | { kind: "group"; pci: string };

export type Kind = Fault["kind"];

/** A fault in the book. */
export interface Entry {
  id: number;
  fault: Fault;
  /** How many calls it has seen that it waits for. */
  seen: number;
  /** How often it has struck. */
  struck: number;
}

/** One line for people, such as `drop  at the 3rd command`. */
export function describe({ id, fault, seen, struck }: Entry): string {
  const { kind, ...rest } = fault;
  const words = Object.entries(rest).map(
    ([name, value]) => `${name}=${String(value).trim().replaceAll("\n", " ")}`,
  );
  const counts = "nth" in fault || "match" in fault ? [`(seen ${seen}, struck ${struck})`] : [];
  return [String(id), kind, ...words, ...counts].join(" ");
}
