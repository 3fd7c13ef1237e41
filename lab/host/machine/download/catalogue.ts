/**
 * What the lab's network serves by HTTP: small files that the lab makes itself. A URL outside of it fails as a
 * missing host or a missing file does. Whoever needs another file adds it to `sites`.
 */
import { runfileAt } from "../commands/nvidia/runfile";
import { debianImages, ubuntuImages } from "../../pve/vm/image";
import { archives } from "../packages/archives";
import { armoredKey, binaryKey } from "../packages/keyrings";

/** Answers for a path of a host (without query); undefined is 404. */
type Site = (path: string) => Buffer | string | undefined;

const keyOf = (host: string) => archives.find((archive) => archive.host === host)?.key ?? "";
const file =
  (files: Record<string, Buffer | string>): Site =>
  (path) =>
    Object.hasOwn(files, path) ? files[path] : undefined;

const proxmoxKeyrings = Object.fromEntries(
  ["trixie", "bookworm"].flatMap((suite) => [
    [`/debian/proxmox-archive-keyring-${suite}.gpg`, binaryKey(keyOf("download.proxmox.com"))],
    [`/debian/proxmox-release-${suite}.gpg`, binaryKey(keyOf("download.proxmox.com"))],
  ]),
);

/** By host name. */
export const sites: Record<string, Site> = {
  "enterprise.proxmox.com": file(proxmoxKeyrings),
  "download.proxmox.com": file(proxmoxKeyrings),
  "deb.nodesource.com": file({
    "/gpgkey/nodesource-repo.gpg.key": armoredKey(keyOf("deb.nodesource.com")),
    "/gpgkey/nodesource.gpg.key": armoredKey(keyOf("deb.nodesource.com")),
  }),
  "download.docker.com": file(
    Object.fromEntries(
      ["debian", "ubuntu"].map((name) => [`/linux/${name}/gpg`, armoredKey(keyOf("download.docker.com"))]),
    ),
  ),
  "nvidia.github.io": file({
    "/libnvidia-container/gpgkey": armoredKey(keyOf("nvidia.github.io")),
  }),
  "developer.download.nvidia.com": (path) =>
    /^\/compute\/cuda\/repos\/[a-z0-9]+\/x86_64\/cuda-archive-keyring\.gpg$/.test(path)
      ? binaryKey(keyOf("developer.download.nvidia.com"))
      : undefined,
  // Images of virtual machines with their sums; the lab makes them small.
  "cloud-images.ubuntu.com": file(ubuntuImages()),
  "cloud.debian.org": file(debianImages()),
  "us.download.nvidia.com": runfileAt,
  "international.download.nvidia.com": runfileAt,
  "download.nvidia.com": runfileAt,
};

export type Fetched = { status: 200; body: Buffer } | { status: 404 } | { status: 0 };

/** What a URL of http or https gives; status 0 stands for a host that does not exist. */
export function fetchUrl(url: URL): Fetched {
  const site = Object.hasOwn(sites, url.hostname) ? sites[url.hostname] : undefined;
  if (site === undefined) return { status: 0 };
  const body = site(url.pathname);
  return body === undefined ? { status: 404 } : { status: 200, body: Buffer.from(body) };
}
