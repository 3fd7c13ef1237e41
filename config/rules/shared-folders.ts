/** Folders that the host hands out, to a network or to containers: where they lie, and which must never be. */
import { isHostSystem, wholePath } from "../folders";
import type { Path } from "../findings";
import { datasetAround } from "../storage-map";
import type { Context } from "./context";

/** How the places of one key are written, and what is said of a folder off the datasets. */
interface Words {
  /** Behind a path that lies on no dataset. */
  landing: string;
  /** A path of a dataset, `/tank/media`, as the key has it. */
  write: (folder: string) => string;
}

const shared: Words = {
  landing: "it is a folder of the root disk",
  write: (folder) => folder.slice(1),
};

/** What is wrong with handing out a folder, reported once. */
export function checkSharedFolder(context: Context, path: Path, text: string, words = shared): void {
  const { hypervisorReport: report } = context;
  const folder = wholePath(text);
  if (isHostSystem(folder)) {
    report.mistake(path, "is a folder of the system itself", "name a dataset or a folder of its own", text);
    return;
  }
  if (datasetAround(folder, context.datasets)) return;
  for (const base of ["/mnt/pve", context.hypervisor?.mount_point_base ?? "/mnt/pve", "/mnt"]) {
    if (!folder.startsWith(`${base}/`)) continue;
    const moved = folder.slice(base.length);
    if (!context.pools.has(moved.split("/")[1] ?? "")) continue;
    const dataset = datasetAround(moved, context.datasets);
    report.warning(
      path,
      dataset
        ? `does not lie on the dataset ${dataset.fullName}, which is mounted at ${dataset.mountpoint}: ${words.landing}`
        : `lies on no dataset: ${words.landing}`,
      dataset
        ? `write ${words.write(moved)}`
        : `add its dataset to zfs.datasets, and write the path as ${words.write("/<pool>/<dataset>/…")}`,
      text,
    );
    return;
  }
  const [, top = ""] = folder.split("/");
  if (context.pools.has(top)) {
    report.warning(
      path,
      `lies on no dataset of zfs.datasets, so it would be a plain folder of the pool ${top}`,
      "add the dataset to zfs.datasets, or correct the path",
      text,
    );
  } else if (!text.startsWith("/") && context.poolsKnown) {
    report.mistake(path, "names no pool of zfs.pools", "write pool/dataset, or an absolute path", text);
  }
}
