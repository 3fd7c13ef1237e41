/** Where the disk image of a virtual machine comes from. */
import type { ImageSpec } from "./image-spec";
import { datasetAround, type PlacedDataset } from "./storage-map";

/** An image, or why a text names none. */
export type ImageResult = { image: ImageSpec } | { problem: string; remedy: string };

/** Cloud images by release; the vendors' own addresses. */
const catalogue: Record<string, string> = {
  "ubuntu-22.04": "https://cloud-images.ubuntu.com/jammy/current/jammy-server-cloudimg-amd64.img",
  "ubuntu-24.04": "https://cloud-images.ubuntu.com/noble/current/noble-server-cloudimg-amd64.img",
  "debian-12": "https://cloud.debian.org/images/cloud/bookworm/latest/debian-12-genericcloud-amd64.qcow2",
  "debian-13": "https://cloud.debian.org/images/cloud/trixie/latest/debian-13-genericcloud-amd64.qcow2",
};

/** Releases with a cloud image. */
export const cloudImages: readonly string[] = Object.keys(catalogue);

/** `ubuntu-24.04-standard`, as pveam lists templates of containers: the release it names, if it is one of ours. */
export function releaseOfContainerTemplate(text: string): string | undefined {
  const release = /^([a-z]+-[0-9][0-9.]*)-(?:standard|default|cloud)\b/.exec(text)?.[1];
  return release !== undefined && Object.hasOwn(catalogue, release) ? release : undefined;
}

/** Endings that Proxmox VE accepts for a volume of content `import`: PVE::Storage, IMPORT_EXT_RE_1. */
const importable = /^[^/\s:]+\.(qcow2|raw|vmdk)$/;

/** What a downloaded or copied image may end in, and what its volume ends in: cloud images named .img are qcow2. */
const endings = /\.(qcow2|img|raw|vmdk)$/;

/** The storages of the files that an image can be kept on. */
export function imageHolders(datasets: readonly PlacedDataset[]): string[] {
  return datasets.filter(({ content }) => content.includes("import")).map(({ storageId }) => storageId);
}

/**
 * Finds the image that a text means. Downloads and copies are kept on `storage`, under a name that begins with
 * `phoenix-`: a file of that name is the program's own, so an incomplete one may be downloaded again.
 *
 * @param storage of a download or copy
 */
export function resolveImage(
  text: string,
  checksum: string | undefined,
  storage: string,
  datasets: readonly PlacedDataset[],
): ImageResult {
  const url = catalogue[text] ?? catalogue[releaseOfContainerTemplate(text) ?? ""] ?? text;
  if (/^https?:\/\//.test(url)) {
    if (!URL.canParse(url)) return notAnImage;
    const base = new URL(url).pathname.split("/").pop() ?? "";
    if (!endings.test(base)) return notAnImage;
    const [algorithm, digits] = (checksum?.split(":") ?? []) as ["sha256" | "sha512", string];
    const from = { url, ...(checksum !== undefined && { checksum: { algorithm, digits } }) };
    return { image: kept(storage, base, from) };
  }
  const volume = /^([^/:\s]+):import\/(.+)$/.exec(text);
  if (volume) return existing(volume[1] ?? "", volume[2] ?? "");
  if (text.startsWith("/")) {
    const place = datasetAround(text, datasets);
    if (place && text.startsWith(`${place.mountpoint}/import/`) && place.content.includes("import")) {
      return existing(place.storageId, text.slice(`${place.mountpoint}/import/`.length));
    }
    if (text.startsWith("/var/lib/vz/import/"))
      return existing("local", text.slice("/var/lib/vz/import/".length));
    const base = text.split("/").pop() ?? "";
    return endings.test(base) ? { image: kept(storage, base, { path: text }) } : notAnImage;
  }
  return importable.test(text) ? existing(imageHolders(datasets)[0] ?? "local", text) : notAnImage;
}

const notAnImage: ImageResult = {
  problem: "is no disk image",
  remedy: `name ${cloudImages.join(", ")}, or a URL, volume or path that ends in .qcow2, .img, .raw or .vmdk`,
};

function existing(storage: string, file: string): ImageResult {
  if (!importable.test(file)) return notAnImage;
  return { image: { storage, file, volid: `${storage}:import/${file}`, from: "volume" } };
}

function kept(storage: string, base: string, from: ImageSpec["from"]): ImageSpec {
  const safe = base.replace(/[^A-Za-z0-9._-]/g, "-").replace(/\.img$/, ".qcow2");
  const file = `phoenix-${safe}`;
  return { storage, file, volid: `${storage}:import/${file}`, from };
}
