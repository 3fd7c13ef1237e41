/** Packages around NVIDIA's driver: headers, compilers, DKMS, nvtop. */
import type { Catalogue } from "./types";

export const nvidia: Catalogue = {};
