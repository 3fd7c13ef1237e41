/** GPUs of several guests: containers may share one, a virtual machine has its own alone. */
import { formatPath } from "../findings";
import { type Context, readable, type Rule } from "./context";

/** A guest that is given a GPU, by any of its names. */
interface Use {
  /** As messages name it. */
  guest: string;
  gpu: string;
  /** The same as the file writes it. */
  written: string;
  path: (string | number)[];
}

/**
 * One name for what can be written in several ways: `01:00.0` and `0000:01:00` are one PCI device, whose functions
 * go to a virtual machine together.
 */
export function gpuName(text: string): string {
  const name = text.trim().toLowerCase();
  const pci = /^(?:[0-9a-f]{0,4}([0-9a-f]{4}):)?([0-9a-f]{2}:[0-9a-f]{2})(?:\.[0-7])?$/.exec(name);
  return pci ? `${pci[1] ?? "0000"}:${pci[2]}` : name;
}

const kindOf = (gpu: string) =>
  /^\d+$/.test(gpu) ? "index" : gpu.startsWith("gpu-") ? "UUID" : "PCI address";

function containerUses({ containers }: Context): Use[] {
  const sorted = [...containers].sort((a, b) => a.ctid - b.ctid);
  return sorted.flatMap(({ id, entry }) => {
    const text = entry.gpu_assignment ?? "none";
    const gpus = text === "none" ? [] : [...new Set(text.split(",").map(gpuName))];
    const path = ["lxc_configs", id, "gpu_assignment"];
    return gpus.map((gpu) => ({ guest: id, gpu, written: gpu, path }));
  });
}

/** A passed-through device by its address and by its name as a GPU; one of them may be missing, or both. */
function vmUses({ hypervisor }: Context): Use[] {
  return readable(hypervisor?.vms).flatMap(({ item: vm, index }) =>
    readable(vm.passthrough).flatMap(({ item: device, index: place }) =>
      (["address", "gpu"] as const).flatMap((key) => {
        const name = device[key];
        const path = ["vms", index, "passthrough", place, key];
        const guest = vm.name ?? String(index);
        return name === undefined ? [] : [{ guest, gpu: gpuName(name), written: name, path }];
      }),
    ),
  );
}

function byGpu(uses: Use[]): Map<string, Use[]> {
  const groups = new Map<string, Use[]>();
  for (const use of uses) groups.set(use.gpu, [...(groups.get(use.gpu) ?? []), use]);
  return groups;
}

/**
 * One warning for all GPUs that containers share, at the first of these containers. Templates, which do no work of
 * their own, share with their clones as a matter of course.
 */
function tellShared({ lxcReport: report, rawContainers }: Context, uses: Use[]): void {
  const working = uses.filter(({ guest }) => !("template_snapshot_name" in (rawContainers[guest] ?? {})));
  const shared = [...byGpu(working)].filter(([, users]) => users.length > 1);
  const first = shared[0]?.[1][0];
  if (!first) return;
  const parts = shared
    .sort(([a], [b]) => a.localeCompare(b, "en", { numeric: true }))
    .map(
      ([gpu, users], index) =>
        `${index === 0 ? "GPU " : ""}${gpu} by ${users.map(({ guest }) => guest).join(", ")}`,
    );
  report.warning(
    first.path,
    `containers share GPUs: ${parts.join("; ")}`,
    "that works, and they share its memory; give each its own where that is too little",
  );
}

/** A passed-through GPU leaves the host's driver, and with it every container. */
export const gpus: Rule = (context) => {
  const inContainers = containerUses(context);
  tellShared(context, inContainers);
  const reported = new Set<string>();
  for (const use of vmUses(context)) {
    const device = formatPath(use.path.slice(0, -1));
    const both = inContainers.filter(({ gpu }) => gpu === use.gpu).map(({ guest }) => guest);
    if (both.length === 0 || reported.has(device)) continue;
    reported.add(device);
    context.hypervisorReport.mistake(
      use.path,
      `is passed through to virtual machine ${use.guest} and given to container ${both.join(", ")}`,
      "a GPU that is passed through leaves the host: take it out of gpu_assignment, or out of passthrough",
      use.written,
    );
  }
  tellIncomparable(context, inContainers, reported);
  tellMoved(context, inContainers);
};

/** NVIDIA's driver counts the cards that it has: without the first one, the second is index 0. */
function tellMoved(context: Context, inContainers: Use[]): void {
  const byIndex = inContainers.filter(({ gpu }) => kindOf(gpu) === "index");
  for (const { path, gpu, written } of vmUses(context)) {
    if (path.at(-1) !== "gpu" || kindOf(gpu) !== "index") continue;
    const moved = byIndex.filter((use) => Number(use.gpu) > Number(gpu));
    if (moved.length === 0) continue;
    const named = moved.map(({ guest, gpu: index }) => `GPU ${index} of container ${guest}`);
    context.hypervisorReport.warning(
      path,
      `leaves the host's driver, which then counts the GPUs behind it from one less: ${named.join(", ")}`,
      "name GPUs by UUID or PCI address in gpu_assignment and here",
      written,
    );
  }
}

/** Which index an address has, only the node knows: its own scripts refuse what is given to both. */
function tellIncomparable(context: Context, inContainers: Use[], reported: Set<string>): void {
  const kinds = new Set(inContainers.map(({ gpu }) => kindOf(gpu)));
  const uses = vmUses(context);
  for (const { path, written } of uses.filter((use) => use.path.at(-1) === "gpu")) {
    const device = formatPath(path.slice(0, -1));
    const names = uses.filter((other) => formatPath(other.path.slice(0, -1)) === device);
    const known = new Set(names.map((name) => kindOf(name.gpu)));
    if (reported.has(device) || [...kinds].every((kind) => known.has(kind))) continue;
    context.hypervisorReport.warning(
      path,
      `is not compared with gpu_assignment, which names GPUs by ${[...kinds].sort().join(" and ")}`,
      "name it in the same way everywhere; else only the node refuses what is given to both",
      written,
    );
  }
}
