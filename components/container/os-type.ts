/** Kinds of guest that Proxmox VE knows how to set up inside, as template names begin. */
const osTypes = [
  "alpine",
  "archlinux",
  "centos",
  "debian",
  "devuan",
  "fedora",
  "gentoo",
  "nixos",
  "opensuse",
  "ubuntu",
] as const;

/** `ostype` of a template by its file name; `unmanaged` leaves network and hostname inside alone. */
export function osType(templateFile: string): string {
  return osTypes.find((type) => templateFile.startsWith(type)) ?? "unmanaged";
}
