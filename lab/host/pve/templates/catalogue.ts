/** Container templates that `pveam` offers. The lab makes the archives itself: see build.sh. */

export interface Template {
  file: string;
  section: "system" | "turnkeylinux" | "mail";
  /** Third column of `pveam available` on Proxmox VE 9. */
  headline: string;
  os: "ubuntu" | "debian" | "alpine";
  version: string;
  codename: string;
  /** Version of systemd, where that is its init. */
  systemd?: number;
}

/** Names as download.proxmox.com lists them. */
export const CATALOGUE: readonly Template[] = [
  {
    file: "alpine-3.20-default_20240908_amd64.tar.gz",
    section: "system",
    headline: "LXC default image for alpine 3.20 (20240908)",
    os: "alpine",
    version: "3.20.3",
    codename: "",
  },
  {
    file: "debian-12-standard_12.12-1_amd64.tar.zst",
    section: "system",
    headline: "Debian 12 Bookworm (standard)",
    os: "debian",
    version: "12",
    codename: "bookworm",
    systemd: 252,
  },
  {
    file: "debian-13-standard_13.1-2_amd64.tar.zst",
    section: "system",
    headline: "Debian 13 Trixie (standard)",
    os: "debian",
    version: "13",
    codename: "trixie",
    systemd: 257,
  },
  {
    file: "ubuntu-22.04-standard_22.04-1_amd64.tar.zst",
    section: "system",
    headline: "Ubuntu 22.04 Jammy (standard)",
    os: "ubuntu",
    version: "22.04",
    codename: "jammy",
    systemd: 249,
  },
  {
    file: "ubuntu-24.04-standard_24.04-2_amd64.tar.zst",
    section: "system",
    headline: "Ubuntu 24.04 Noble (standard)",
    os: "ubuntu",
    version: "24.04",
    codename: "noble",
    systemd: 255,
  },
];
