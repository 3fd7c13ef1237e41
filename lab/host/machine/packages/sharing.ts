/** Packages that share files: NFS and Samba. */
import type { Catalogue } from "./types";

export const sharing: Catalogue = {};
