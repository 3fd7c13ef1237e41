/** The image of a virtual machine's disk or CD, as both are planned. */
/** A disk image, as a volume of a storage with content `import`. */
export interface ImageSpec {
  storage: string;
  /** File name on that storage. */
  file: string;
  /** What the storage has it as; `import` without it. */
  content?: "iso";
  /** `<storage>:import/<file>`, or `<storage>:iso/<file>`. */
  volid: string;
  /** How it gets there; a volume must be there already. */
  from:
    | { url: string; checksum?: { algorithm: "sha256" | "sha512"; digits: string } }
    | { path: string }
    | "volume";
}
