import type { ContainerSpec } from "../../config";

/** A container of the shape the configuration gives, with what a test says of it. */
export function containerSpec(over: Partial<ContainerSpec> = {}): ContainerSpec {
  return {
    ctid: 900,
    name: "Template-Base",
    template: {
      storage: "tank-iso",
      file: "ubuntu-24.04.tar.zst",
      volid: "tank-iso:vztmpl/ubuntu-24.04.tar.zst",
    },
    storage: "tank-lxc",
    diskGb: 32,
    memoryMb: 2048,
    swapMb: 512,
    cores: 2,
    unprivileged: true,
    startAtBoot: false,
    bootOrder: 0,
    bootDelay: 5,
    network: {
      name: "eth0",
      bridge: "vmbr0",
      ip: "10.0.0.200/24",
      gateway: "10.0.0.1",
      mac: "52:54:00:AA:BB:CC",
    },
    pctFeatures: { nesting: "1", keyctl: "1" },
    rawLines: [],
    idMap: {
      users: [{ guest: 0, host: 100000, count: 65536 }],
      groups: [{ guest: 0, host: 100000, count: 65536 }],
    },
    mounts: [],
    dependencies: [],
    features: [],
    gpus: [],
    usesDriver: false,
    scriptConfig: { id_maps: [] },
    ...over,
  };
}
