/** Images that virtual machines are made from. */
import type { Path } from "../findings";
import { cloudImages, releaseOfContainerTemplate, resolveImage } from "../images";
import { isShipped } from "../storage-map";
import { emptyDisk, isoOf } from "../vm-iso";
import { imageStorage } from "../vm-entries";
import type { Context } from "./context";
import { checkDownload } from "./downloads";

/** What the key `template` of an entry, or of vm_defaults, names: an image that a machine can be made from. */
export function checkImage(
  context: Context,
  path: Path,
  template: string | undefined,
  entry: { image_storage?: string | undefined; image_checksum?: string | undefined } | undefined,
): void {
  if (template === undefined || template === emptyDisk) return;
  const { hypervisorReport: report, datasets } = context;
  const release = releaseOfContainerTemplate(template);
  if (release !== undefined) {
    report.warning(
      path,
      `names a template for containers; the cloud image ${release} is taken instead`,
      `write ${release}`,
      template,
    );
    return;
  }
  const storage = imageStorage(entry?.image_storage, datasets);
  const found = resolveImage(template, entry?.image_checksum, storage, datasets);
  if ("problem" in found) {
    const container = /(vztmpl|\.tar\.(gz|xz|zst|bz2)$)/.test(template);
    const problem = container
      ? "names a template for containers, and a virtual machine cannot start from one"
      : found.problem;
    report.mistake(path, problem, found.remedy, template);
    return;
  }
  const { from } = found.image;
  if (typeof from === "object" && "url" in from) {
    const remedy = "add image_checksum, such as sha256: and the digits of the vendor's SHA256SUMS";
    if (
      from.checksum === undefined &&
      checkDownload(report, path, from.url, `${remedy}, or name an https address`)
    )
      return;
    if (from.checksum === undefined && !cloudImages.includes(template)) {
      report.warning(path, "is downloaded without a checksum", remedy, template);
    }
  } else if (entry?.image_checksum !== undefined) {
    report.mistake(
      path,
      "is no download, so image_checksum would check nothing",
      "remove image_checksum, or name a URL",
      template,
    );
  }
  const held = context.storages.get(found.image.storage);
  // A dataset that takes a shipped storage's id is reported by itself.
  if (held !== undefined && !held.includes("import") && !isShipped(found.image.storage)) {
    report.mistake(
      path,
      `would lie on the storage ${found.image.storage}, which holds no images to import`,
      "add import to its dataset's proxmox_content_type, or name another image_storage",
      template,
    );
  }
}

/** What the key `iso` of an entry names: a CD that a storage holds. */
export function checkIso(
  context: Context,
  path: Path,
  entry: { iso?: string | undefined; iso_checksum?: string | undefined; iso_storage?: string | undefined },
): void {
  const report = context.hypervisorReport;
  if (entry.iso === undefined) {
    if (entry.iso_checksum !== undefined)
      report.mistake([...path, "iso_checksum"], "is given without iso", "add iso, or remove iso_checksum");
    return;
  }
  const iso = isoOf(entry);
  const place = [...path, "iso"];
  if (iso === undefined) {
    report.mistake(
      place,
      "is no CD",
      "name a volume such as local:iso/x.iso, or a URL that ends in .iso or .img",
      entry.iso,
    );
    return;
  }
  const { from } = iso;
  const remedy = "add iso_checksum, such as sha256: and the digits of the vendor's SHA256SUMS";
  if (typeof from === "object" && "url" in from && from.checksum === undefined) {
    if (!checkDownload(report, place, from.url, `${remedy}, or name an https address`))
      report.warning(place, "is downloaded without a checksum", remedy, entry.iso);
  } else if (from === "volume" && entry.iso_checksum !== undefined) {
    report.mistake(
      place,
      "is no download, so iso_checksum would check nothing",
      "remove iso_checksum, or name a URL",
      entry.iso,
    );
  }
  const held = context.storages.get(iso.storage);
  if (held !== undefined && !held.includes("iso") && !isShipped(iso.storage)) {
    report.mistake(
      place,
      `would lie on the storage ${iso.storage}, which holds no CDs`,
      "add iso to its dataset's proxmox_content_type, or name another iso_storage",
      entry.iso,
    );
  }
}
