/** Folders that the host hands out to a network: where they lie, and which must never be handed out. */
import type { Path, Report } from "../findings";
import { sharedFolder } from "../sharing";
import { datasetAround } from "../storage-map";
import type { Context } from "./context";

/** Folders of the system, which nobody else's machine may see or own, with everything below them. */
const systemFolders = [
  "bin",
  "boot",
  "dev",
  "etc",
  "lib",
  "lib64",
  "proc",
  "root",
  "run",
  "sbin",
  "sys",
  "usr",
  "var",
];
/** Folders of the system that hold other people's folders. */
const commonFolders = ["home", "media", "mnt", "opt", "srv", "tmp", "mnt/pve"];

/** What is wrong with handing out a folder, told once. */
export function checkSharedFolder(context: Context, report: Report, path: Path, text: string): void {
  const folder = sharedFolder(text);
  const [top = ""] = folder.slice(1).split("/");
  if (systemFolders.includes(top) || commonFolders.includes(folder.slice(1)) || folder === "/") {
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
        ? `does not lie on the dataset ${dataset.fullName}, which is mounted at ${dataset.mountpoint}: it is a folder of the root disk`
        : "lies on no dataset: it is a folder of the root disk",
      dataset
        ? `write ${moved.slice(1)}`
        : "add its dataset to zfs.datasets, and write the path as <pool>/<dataset>/…",
      text,
    );
    return;
  }
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
