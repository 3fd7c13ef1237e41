/** The package archives that the lab's network has. A host or suite outside of them fails as a missing one does. */
import type { Origin } from "./types";

export interface Archive {
  host: string;
  /** Path of the archive on the host. */
  path: string;
  suites: RegExp;
  components: string[];
  /** What each component brings; undefined where the archive only has other things. */
  origin: (component: string) => Origin | undefined;
  /** Fingerprint of the key that signs it. */
  key: string;
  /** Files below /usr/share/keyrings or elsewhere that hold this key. */
  keyrings: string[];
  /** Answers 401 to whoever has no subscription. */
  subscription?: boolean;
}

const debian = ["main", "contrib", "non-free", "non-free-firmware"];
const ubuntu = ["main", "restricted", "universe", "multiverse"];
const debianKey = "B7C5D7D6350947F8";
const proxmoxKeys = [
  "/usr/share/keyrings/proxmox-archive-keyring.gpg",
  "/etc/apt/trusted.gpg.d/proxmox-release-bookworm.gpg",
];
const proxmoxKey = "24B30F06ECC1836A4E5EFECBA7BCD1420BFE778E";

/** Fingerprints as the archives publish them. */
export const archives: Archive[] = [
  ...["deb.debian.org", "ftp.debian.org"].map((host) => ({
    ...{ host, path: "/debian", suites: /^(trixie|bookworm)(-updates|-backports)?$/, components: debian },
    ...{
      origin: () => "debian" as const,
      key: debianKey,
      keyrings: ["/usr/share/keyrings/debian-archive-keyring.gpg"],
    },
  })),
  ...[
    ["security.debian.org", "/debian-security"],
    ["security.debian.org", ""],
    ["deb.debian.org", "/debian-security"],
  ].map(([host = "", path = ""]) => ({
    ...{ host, path, suites: /^(trixie|bookworm)-security$/, components: debian },
    ...{
      origin: () => undefined,
      key: debianKey,
      keyrings: ["/usr/share/keyrings/debian-archive-keyring.gpg"],
    },
  })),
  {
    ...{ host: "download.proxmox.com", path: "/debian/pve", suites: /^(trixie|bookworm)$/ },
    components: ["pve-no-subscription", "pve-test"],
    origin: () => "pve-no-subscription",
    ...{ key: proxmoxKey, keyrings: proxmoxKeys },
  },
  {
    ...{ host: "download.proxmox.com", path: "/debian/ceph-squid", suites: /^(trixie|bookworm)$/ },
    components: ["no-subscription", "test"],
    origin: () => "ceph",
    ...{ key: proxmoxKey, keyrings: proxmoxKeys },
  },
  {
    ...{ host: "enterprise.proxmox.com", path: "/debian/pve", suites: /^(trixie|bookworm)$/ },
    components: ["pve-enterprise"],
    origin: () => "pve-enterprise",
    ...{ key: proxmoxKey, keyrings: proxmoxKeys, subscription: true },
  },
  ...["ceph-squid", "ceph-quincy", "ceph-reef"].map((name) => ({
    ...{ host: "enterprise.proxmox.com", path: `/debian/${name}`, suites: /^(trixie|bookworm)$/ },
    components: ["enterprise"],
    origin: () => "ceph" as const,
    ...{ key: proxmoxKey, keyrings: proxmoxKeys, subscription: true },
  })),
  {
    ...{ host: "deb.nodesource.com", path: "/node_20.x", suites: /^nodistro$/, components: ["main"] },
    origin: () => "nodesource",
    ...{ key: "6F71F525282841EEDAF851B42F59B5F99B1BE0B4", keyrings: [] },
  },
  ...["archive.ubuntu.com", "security.ubuntu.com"].map((host) => ({
    ...{
      host,
      path: "/ubuntu",
      suites: /^(noble|jammy)(-updates|-security|-backports)?$/,
      components: ubuntu,
    },
    origin: () => "ubuntu" as const,
    key: "F6ECB3762474EDA9D21B7022871920D1991BC93C",
    keyrings: ["/usr/share/keyrings/ubuntu-archive-keyring.gpg"],
  })),
  ...["debian12", "ubuntu2404", "ubuntu2204"].map((distribution) => ({
    ...{
      host: "developer.download.nvidia.com",
      path: `/compute/cuda/repos/${distribution}/x86_64`,
      suites: /^\/$/,
      components: [],
    },
    origin: () => "nvidia-cuda" as const,
    ...{
      key: "EB693B3035CD5710E231E123A4B469963BF863CC",
      keyrings: ["/usr/share/keyrings/cuda-archive-keyring.gpg"],
    },
  })),
  {
    ...{
      host: "nvidia.github.io",
      path: "/libnvidia-container/stable/deb/amd64",
      suites: /^\/$/,
      components: [],
    },
    origin: () => "nvidia-container" as const,
    ...{ key: "C95B321B61E88C1809C4F759DDCAE044F796ECB0", keyrings: [] },
  },
  ...Object.entries({ debian: /^(trixie|bookworm)$/, ubuntu: /^(noble|jammy)$/ }).map(([name, suites]) => ({
    ...{ host: "download.docker.com", path: `/linux/${name}`, suites, components: ["stable", "test"] },
    origin: () => "docker" as const,
    ...{ key: "9DC858229FC7DD38854AE2D88D81803C0EBFCD88", keyrings: [] },
  })),
];

/** The archive that a URI names; `known` tells a missing archive from a missing host. */
export function findArchive(uri: string): { archive?: Archive; hostname: string; known: boolean } {
  const { hostname, pathname } = new URL(uri);
  const path = pathname.replace(/\/+$/, "");
  const archive = archives.find((one) => one.host === hostname && one.path === path);
  return { ...(archive ? { archive } : {}), hostname, known: archives.some((one) => one.host === hostname) };
}
