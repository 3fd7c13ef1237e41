/** Kernels of Proxmox VE. The one that runs is chosen at boot: the newest that is installed. */
import type { Catalogue } from "./types";

const signed = (release: string) => `proxmox-kernel-${release}-signed`;

/** By Proxmox VE's release: what the installer brings, and what its repository offers as an upgrade. */
export const kernelReleases = {
  9: { first: "6.14.11-4-pve", upgrade: "6.17.2-1-pve" },
  8: { first: "6.8.12-13-pve", upgrade: "6.8.12-15-pve" },
} as const;

const origin = ["pve-no-subscription", "pve-enterprise"] as const;
const version = (release: string) => release.replace(/-pve$/, "");

export const kernels: Catalogue = Object.fromEntries(
  Object.values(kernelReleases).flatMap(({ first, upgrade }) =>
    [first, upgrade].flatMap((release) => [
      [
        signed(release),
        {
          version: version(release),
          from: [...origin],
          files: {
            [`/boot/vmlinuz-${release}`]: "",
            [`/boot/initrd.img-${release}`]: "",
            [`/boot/config-${release}`]: "CONFIG_MODULES=y\n",
            [`/usr/lib/modules/${release}/modules.dep`]: "",
          },
        },
      ],
    ]),
  ),
);
