import * as proxmoxve from "@muhlba91/pulumi-proxmoxve";
import type * as pulumi from "@pulumi/pulumi";
import type { ImageStep } from "../../../plan/step";
import type { Target } from "../../target";

/** Registers an image that the node downloads. */
export function downloadImage(
  { name, image: { storage, file, content, from } }: ImageStep,
  { node }: Target,
  options: pulumi.CustomResourceOptions,
): proxmoxve.download.File {
  return new proxmoxve.download.File(
    name,
    {
      contentType: content ?? "import",
      datastoreId: storage,
      fileName: file,
      nodeName: node,
      url: from.url,
      checksum: from.checksum?.digits,
      checksumAlgorithm: from.checksum?.algorithm,
      // A newer image of the vendor is not downloaded; a file of this name is this program's own, and may be overwritten.
      overwrite: false,
      overwriteUnmanaged: true,
      uploadTimeout: 3600,
    },
    { ...options, retainOnDelete: false },
  );
}
