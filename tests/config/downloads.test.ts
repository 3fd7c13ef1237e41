/* eslint-disable @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-return --
   the tables break untyped documents in every way */
/* What is fetched over http or ftp is refused unless its checksum is known. */
import { describe, test } from "node:test";
import { expectRow, type Json, type Row } from "./samples";

const why =
  "is fetched without encryption and without a checksum: anybody on the way could change what root runs";
const image =
  "add image_checksum, such as sha256: and the digits of the vendor's SHA256SUMS, or name an https address";
const runfile = "add nvidia_driver.runfile_sha256, or name an https address";
const sha256 = "0".repeat(64);
const driver = (url: string, more: object = {}) => {
  return (host: Json) =>
    (host.nvidia_driver = { install: true, version: "580.1", runfile_url: url, ...more });
};

describe("downloads over http and ftp", () => {
  const rows: Row[] = [
    ...["http://mirror.test/580.1.run", "ftp://mirror.test/580.1.run"].map((url): Row => [
      `the driver's installer from ${url}`,
      driver(url),
      `host.json: nvidia_driver.runfile_url: ${why} ("${url}") — ${runfile}`,
    ]),
    [
      "the installer over http, with its checksum",
      driver("http://mirror.test/580.1.run", { runfile_sha256: sha256 }),
    ],
    ["the installer over https", driver("https://mirror.test/580.1.run")],
    [
      "the repository of CUDA, whose key comes from there too",
      (_, lxc) => (lxc.nvidia_repo_url = "http://mirror.test/cuda/repos/ubuntu2404/x86_64/"),
      `lxc.json: nvidia_repo_url: ${why} ("http://mirror.test/cuda/repos/ubuntu2404/x86_64/") — name an https address`,
    ],
    [
      "an image of a virtual machine",
      ({ vms }) => (vms[0].template = "http://mirror.test/x.qcow2"),
      `host.json: vms[0].template: ${why} ("http://mirror.test/x.qcow2") — ${image}`,
    ],
    [
      "an image of all virtual machines",
      (host) => (host.vm_defaults.template = "http://mirror.test/x.qcow2"),
      `host.json: vm_defaults.template: ${why} ("http://mirror.test/x.qcow2") — ${image}`,
    ],
    [
      "an image with its checksum",
      ({ vms }) =>
        Object.assign(vms[0], { template: "http://mirror.test/x.img", image_checksum: `sha256:${sha256}` }),
    ],
    [
      "an image by ftp, which Proxmox VE does not fetch",
      ({ vms }) => (vms[0].template = "ftp://mirror.test/x.txt"),
      `host.json: vms[0].template: is no disk image ("ftp://mirror.test/x.txt") — name ubuntu-22.04, ubuntu-24.04, debian-12, debian-13, or a URL, volume or path that ends in .qcow2, .img, .raw or .vmdk`,
    ],
    [
      "an address that is none",
      ({ vms }) => (vms[0].template = "https://"),
      `host.json: vms[0].template: is no disk image ("https://") — name ubuntu-22.04, ubuntu-24.04, debian-12, debian-13, or a URL, volume or path that ends in .qcow2, .img, .raw or .vmdk`,
    ],
    [
      "a registry of container images",
      (host) => (host.network.external_registry_url = "http://registry.test/me"),
      'host.json: network.external_registry_url: is not a registry, such as docker.io/name (not over http, where anybody on the way can change an image) ("http://registry.test/me") — give registry for container images, such as docker.io/name',
    ],
  ];
  for (const row of rows) test(row[0], () => expectRow("mistakes", row));
});
