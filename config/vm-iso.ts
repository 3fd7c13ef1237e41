/** The CD that a virtual machine has in its drive. */
import type { ImageSpec } from "./image-spec";
import { archive, imageChecksum, storageId } from "./primitives";

/** Its CD drive in Proxmox VE. */
export const cdDrive = "ide3";

/** `template` of a machine whose disk is empty. */
export const emptyDisk = "none";

/** Spread into the schema of an entry. */
export const isoKeys = {
  iso: archive()
    .optional()
    .describe(
      "CD in its drive, from which it starts when its disk has no system: a volume such as local:iso/x.iso, or a URL. " +
        "It is changed while the machine runs, and taken out with the key",
    ),
  iso_checksum: imageChecksum().optional(),
  iso_storage: storageId()
    .optional()
    .describe("Storage with content iso that a downloaded CD is kept on; local without it"),
};

interface IsoKeys {
  iso?: string | undefined;
  iso_checksum?: string | undefined;
  iso_storage?: string | undefined;
}

/** The CD that an entry names; undefined where it names none that can be. */
export function isoOf({
  iso,
  iso_checksum: checksum,
  iso_storage: storage = "local",
}: IsoKeys): ImageSpec | undefined {
  if (iso === undefined) return undefined;
  const [, place, name] = /^([^/:\s]+):iso\/([^/\s:]+\.(?:iso|img))$/i.exec(iso) ?? [];
  if (place !== undefined && name !== undefined)
    return { storage: place, file: name, volid: iso, content: "iso", from: "volume" };
  if (!/^https?:\/\//.test(iso) || !URL.canParse(iso)) return undefined;
  const base = new URL(iso).pathname.split("/").pop() ?? "";
  if (!/\.(?:iso|img)$/i.test(base)) return undefined;
  const file = `phoenix-${base.replace(/[^A-Za-z0-9._-]/g, "-")}`;
  const [algorithm, digits] = (checksum?.split(":") ?? []) as ["sha256" | "sha512", string];
  const from = { url: iso, ...(checksum !== undefined && { checksum: { algorithm, digits } }) };
  return { storage, file, volid: `${storage}:iso/${file}`, content: "iso", from };
}
