import type { Field, Fields } from "../bridge/fields";

const text: Field = { kind: "string" };
const replaced: Field = { kind: "string", replaces: true };
const optional: Field = { kind: "string", replaces: true, zero: null };

/**
 * download.File: `proxmox_download_file`, bpg/proxmox 0.111. It is a resource of Terraform's plugin framework:
 * its defaults come with the plan, not with Check, so they stand here as zeros.
 */
export const fileFields: Fields = {
  checksum: optional,
  checksumAlgorithm: optional,
  contentType: { ...replaced, required: true },
  datastoreId: { ...replaced, required: true },
  decompressionAlgorithm: optional,
  fileName: { ...text, computed: true, replaces: true, zero: null },
  nodeName: { ...replaced, required: true },
  overwrite: { kind: "boolean", zero: true },
  overwriteUnmanaged: { kind: "boolean" },
  size: { kind: "number", output: true, zero: null },
  uploadTimeout: { kind: "number", zero: 600 },
  url: { ...replaced, required: true },
  verify: { kind: "boolean", zero: true },
};

const contentTypes = ["iso", "vztmpl", "import"];
const compressions = ["gz", "lzo", "zst", "bz2"];
const checksums = ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"];

/** What is wrong with known inputs, by property. */
export function faultsOf(inputs: Record<string, unknown>): { property: string; reason: string }[] {
  const faults: { property: string; reason: string }[] = [];
  const oneOf = (property: string, values: string[]): void => {
    const value = inputs[property];
    if (typeof value !== "string" || values.includes(value)) return;
    const names = values.map((name) => `"${name}"`).join(" ");
    faults.push({
      property,
      reason: `Invalid Attribute Value Match. Value must be one of: [${names}], got: "${value}"`,
    });
  };
  oneOf("contentType", contentTypes);
  oneOf("decompressionAlgorithm", compressions);
  oneOf("checksumAlgorithm", checksums);
  const { url, checksum, checksumAlgorithm } = inputs;
  if (typeof url === "string" && !/https?:\/\/.*/.test(url))
    faults.push({
      property: "url",
      reason: `Invalid Attribute Value Match. must match HTTP URL regex \`https?://.*\`, got: ${url}`,
    });
  if ((checksum === undefined) !== (checksumAlgorithm === undefined))
    faults.push({
      property: checksum === undefined ? "checksumAlgorithm" : "checksum",
      reason: 'Invalid Attribute Combination. "checksum" and "checksumAlgorithm" must be specified together',
    });
  return faults;
}
