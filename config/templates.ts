/** Where a container's template archive is found. */
import { datasetAround, type PlacedDataset } from "./storage-map";

/** A template archive as a volume of a storage. */
export interface TemplateSpec {
  storage: string;
  /** File name of the archive. */
  file: string;
  /** `<storage>:vztmpl/<file>`. */
  volid: string;
}

/** What a template's text comes to: a volume, or why it comes to none. */
export type TemplateResult = { template: TemplateSpec } | { problem: string; remedy: string };

/** Endings that Proxmox accepts for a template archive (PVE::Storage, VZTMPL_EXT_RE). */
const archive = /^[^/\s:]+\.tar\.(gz|xz|zst|bz2)$/;
const shippedFolder = "/var/lib/vz/template/cache/";

/**
 * Finds the volume that a template's text means: a volume id (`local:vztmpl/x.tar.zst`), a path on a dataset
 * (`/pool/dataset/template/cache/x.tar.zst`) or below /var/lib/vz, or a bare file name, which is looked for on
 * the one storage of the files that holds templates (`local` when none does).
 */
export function resolveTemplate(
  text: string,
  datasets: readonly PlacedDataset[],
  storages: ReadonlyMap<string, readonly string[]>,
): TemplateResult {
  const volume = /^([^/:\s]+):vztmpl\/(.+)$/.exec(text);
  if (volume) return onStorage(volume[1] ?? "", volume[2] ?? "", storages);
  if (text.startsWith(shippedFolder)) return onStorage("local", text.slice(shippedFolder.length), storages);
  if (text.startsWith("/")) return fromPath(text, datasets, storages);
  if (!archive.test(text)) return notAnArchive;
  const holders = datasets
    .filter(({ content }) => content.includes("vztmpl"))
    .map(({ storageId }) => storageId);
  if (holders.length > 1) {
    return {
      problem: `is a bare file name, and ${holders.sort().join(" and ")} all hold templates`,
      remedy: `say which: ${holders[0]}:vztmpl/${text}`,
    };
  }
  return onStorage(holders[0] ?? "local", text, storages);
}

const notAnArchive: TemplateResult = {
  problem: "is not a template archive",
  remedy: "name a file that ends in .tar.zst, .tar.xz, .tar.gz or .tar.bz2",
};

function fromPath(
  path: string,
  datasets: readonly PlacedDataset[],
  storages: ReadonlyMap<string, readonly string[]>,
): TemplateResult {
  const dataset = datasetAround(path, datasets);
  if (!dataset) {
    return {
      problem: "lies on no dataset of zfs.datasets, so Proxmox knows no volume for it",
      remedy:
        "give a path below a dataset's mount point /<pool>/<dataset>, or a volume id storage:vztmpl/file",
    };
  }
  const folder = `${dataset.mountpoint}/template/cache/`;
  if (!path.startsWith(folder)) {
    return {
      problem: `is not where the storage ${dataset.storageId} keeps its templates`,
      remedy: `put the archive into ${folder} and name it there`,
    };
  }
  return onStorage(dataset.storageId, path.slice(folder.length), storages);
}

function onStorage(
  storage: string,
  file: string,
  storages: ReadonlyMap<string, readonly string[]>,
): TemplateResult {
  if (!archive.test(file)) return notAnArchive;
  const content = storages.get(storage);
  if (content && !content.includes("vztmpl")) {
    return {
      problem: `names the storage ${storage}, which holds no templates`,
      remedy: `add vztmpl to the storage's proxmox_content_type, or name a storage that has it`,
    };
  }
  return { template: { storage, file, volid: `${storage}:vztmpl/${file}` } };
}
