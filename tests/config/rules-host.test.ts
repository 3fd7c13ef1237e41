/* eslint-disable @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-return, @typescript-eslint/no-unsafe-call --
   the tables break untyped documents in every way */
import test, { describe } from "node:test";
import { expectRow, type Row } from "./samples";

/** A dataset of the sample's shape. */
const dataset = (more: object) => ({
  name: "more",
  pool: "tank",
  properties: "",
  proxmox_storage_type: "zfspool",
  proxmox_content_type: "images",
  ...more,
});

describe("pools and disks", () => {
  const rows: Row[] = [
    [
      "a disk in two pools",
      ({ zfs }) => (zfs.pools[1].disks = ["/dev/disk/by-id/b"]),
      `host.json: zfs.pools[1].disks[0]: is also a disk of pool tank ("/dev/disk/by-id/b") — use each disk in one place only`,
    ],
    [
      "a disk twice in one pool",
      ({ zfs }) => (zfs.pools[0].disks[1] = "/dev/disk/by-id/a"),
      `host.json: zfs.pools[0].disks[1]: is also a disk of pool tank ("/dev/disk/by-id/a") — use each disk in one place only`,
    ],
    [
      "a mirror of one",
      ({ zfs }) => zfs.pools[0].disks.pop(),
      "host.json: zfs.pools[0].disks: mirror needs 2 disks or more, not 1 — add disks, or choose another raid_level",
    ],
    ...(["raidz1", "raidz2", "raidz3"] as const).map((level, index): Row => {
      const least = 3 + index;
      return [
        `${level} of ${least - 1}`,
        ({ zfs }) => {
          zfs.pools[0].raid_level = level;
          zfs.pools[0].disks = Array.from({ length: least - 1 }, (_, disk) => `/dev/d${disk}`);
        },
        `host.json: zfs.pools[0].disks: ${level} needs ${least} disks or more, not ${least - 1} — add disks, or choose another raid_level`,
      ];
    }),
    [
      "two pools of one name",
      ({ zfs }) => zfs.pools.push({ name: "tank", raid_level: "single", disks: ["/dev/d"] }),
      `host.json: zfs.pools[2].name: is also the name of zfs.pools[0] ("tank") — give each pool a name of its own`,
    ],
  ];
  for (const row of rows) test(row[0], () => expectRow("mistakes", row));
});

describe("datasets and storages", () => {
  const rows: Row[] = [
    [
      "a pool that is not there",
      ({ zfs }) => zfs.datasets.push(dataset({ pool: "tnak" })),
      `host.json: zfs.datasets[2].pool: no such pool ("tnak") — name a pool of zfs.pools (bulk, tank)`,
    ],
    [
      "one dataset twice",
      ({ zfs }) => zfs.datasets.push(dataset({ name: "guests" })),
      `host.json: zfs.datasets[2].name: is also the name of zfs.datasets[0] in the pool tank ("guests") — give each dataset of a pool a name of its own`,
    ],
    [
      "a nested dataset without its parent",
      ({ zfs }) => zfs.datasets.push(dataset({ name: "a/b" })),
      `host.json: zfs.datasets[2].name: lies in tank/a, which is no dataset of zfs.datasets ("a/b") — add tank/a too`,
    ],
    [
      "a nested dataset with its parent",
      ({ zfs }) => zfs.datasets.push(dataset({ name: "a" }), dataset({ name: "a/b" })),
    ],
    [
      "templates on a zfspool storage",
      ({ zfs }) => zfs.datasets.push(dataset({ proxmox_content_type: "images, vztmpl" })),
      `host.json: zfs.datasets[2].proxmox_content_type: a zfspool storage cannot hold vztmpl ("images, vztmpl") — name only images, rootdir`,
    ],
    [
      "content that nothing holds",
      ({ zfs }) => zfs.datasets.push(dataset({ proxmox_storage_type: "dir", proxmox_content_type: "isos" })),
      `host.json: zfs.datasets[2].proxmox_content_type: a dir storage cannot hold isos ("isos") — name only images, rootdir, vztmpl, iso, backup, snippets, import`,
    ],
    [
      "a value ZFS refuses",
      ({ zfs }) => (zfs.datasets[0].properties = "recordsize=100K"),
      "host.json: zfs.datasets[0].properties: has a value ZFS refuses: recordsize=100K — see zfsprops(7) for recordsize",
    ],
    [
      "a value that is not among those there are",
      ({ zfs }) => (zfs.datasets[0].properties = "sync=never"),
      "host.json: zfs.datasets[0].properties: has a value ZFS refuses: sync=never — set sync to one of standard, always, disabled",
    ],
    [
      "no key=value",
      ({ zfs }) => (zfs.datasets[0].properties = "recordsize"),
      "host.json: zfs.datasets[0].properties: has an item that is not key=value: recordsize — write it as recordsize=128K",
    ],
    [
      "a property twice",
      ({ zfs }) => (zfs.datasets[0].properties = "quota=1G,quota=2G"),
      "host.json: zfs.datasets[0].properties: sets quota twice — keep one of the two",
    ],
    [
      "a mount point of its own",
      ({ zfs }) => (zfs.datasets[0].properties = "mountpoint=/srv"),
      "host.json: zfs.datasets[0].properties: sets mountpoint — leave it out: a dataset is mounted at /<pool>/<dataset>",
    ],
    [
      "sizes with a fraction",
      ({ zfs }) => (zfs.datasets[0].properties = " quota=1.4T , org.example:owner=me"),
    ],
    [
      "two datasets with one storage id",
      (host) => {
        host.zfs.datasets.push(dataset({}));
        host.proxmox_storage_ids = { tank_more: "tank-guests" };
      },
      `host.json: zfs.datasets[2].name: is also the storage id of dataset tank/guests ("tank-guests") — set another one for this dataset in proxmox_storage_ids`,
    ],
    [
      "a storage id that Proxmox ships",
      (host) => {
        host.zfs.datasets.push(dataset({}));
        host.proxmox_storage_ids = { tank_more: "local" };
      },
      "host.json: zfs.datasets[2].name: gives the storage id local, which Proxmox ships — set another one in proxmox_storage_ids",
    ],
    [
      "a storage id that Proxmox refuses",
      (host) => {
        host.zfs.datasets.push(dataset({}));
        host.zfs.datasets[2].name = "more-";
      },
      "host.json: zfs.datasets[2].name: gives the storage id tank-more-, which Proxmox refuses — use a letter first, then letters, digits, . _ and -, a letter or digit last, or set proxmox_storage_ids",
    ],
    [
      "the same, set",
      (host) => {
        host.zfs.datasets.push(dataset({}));
        host.proxmox_storage_ids = { tank_more: "x" };
      },
      'host.json: proxmox_storage_ids.tank_more: is not a storage id Proxmox accepts ("x") — give storage id',
    ],
    [
      "a place for containers that is not there",
      (host) => (host.proxmox_defaults = { zfs_lxc_pool: "tank/lxc" }),
      `host.json: proxmox_defaults.zfs_lxc_pool: no such dataset ("tank/lxc") — name a dataset of zfs.datasets as pool/dataset`,
    ],
  ];
  for (const row of rows) test(row[0], () => expectRow("mistakes", row));

  const warnings: Row[] = [
    [
      "a property that is not known here",
      ({ zfs }) => (zfs.datasets[0].properties = "recordsiez=128K"),
      "host.json: zfs.datasets[0].properties: sets recordsiez, which is not among the properties known here — correct its spelling, or leave it when your ZFS has it: it is set as it is",
    ],
    [
      "a storage id for nothing",
      (host) => (host.proxmox_storage_ids = { tank_vm: "tank-vms" }),
      `host.json: proxmox_storage_ids.tank_vm: is the id of no storage, and the key stands for no dataset ("tank-vms") — write the key as <pool>_<dataset with - as _>, or remove it`,
    ],
    [
      "an alias of a storage that is there",
      (host) => (host.proxmox_storage_ids = { tank_vm: "tank-guests" }),
    ],
  ];
  for (const row of warnings) test(row[0], () => expectRow("warnings", row));
});

describe("shared volumes", () => {
  const mount = (host_path: string, mounts: object) => ({ host_path, mounts });
  const rows: Row[] = [
    [
      "in a template",
      (host) => (host.shared_volumes.more = mount("/bulk/library", { "900": "/more" })),
      `host.json: shared_volumes.more.mounts.900: container 901 is cloned from container 900, and a bind mount blocks snapshots and clones — mount it in the clones instead`,
    ],
    [
      "two in one folder",
      (host) => (host.shared_volumes.more = mount("/bulk/library", { "901": "/models" })),
      `host.json: shared_volumes.more.mounts.901: shared_volumes.models is mounted there too ("/models") — give each mount a folder of its own`,
    ],
    ...[
      ...[
        "/",
        "/etc",
        "/etc/pve",
        "/root",
        "/root/models",
        "/proc",
        "/sys/class",
        "/dev/shm",
        "/run",
        "/lib64",
      ],
      ...[
        "/usr",
        "/usr/share/x",
        "/usr/local",
        "/usr/local/bin/x",
        "/usr/local/etc",
        "/var/lib/phoenix",
        "/boot",
      ],
      ...["//etc//pve/", "/./etc", "/etc/.", "/mnt", "/mnt/pve/", "/home", "/srv"],
    ].map((path): Row => [
      `of the system's ${path}`,
      (host) => (host.shared_volumes.more = mount(path, { "901": "/more" })),
      `host.json: shared_volumes.more.host_path: is a folder of the system itself ("${path}") — name a dataset or a folder of its own`,
    ]),
    ...["/", "/etc/", "/usr", "//usr/lib", "/bin", "/lib", "/sbin", "/boot", "/var", "/var/lib"].map(
      (target): Row => [
        `over the container's ${target}`,
        (host) => (host.shared_volumes.more = mount("/bulk/library/x", { "901": target })),
        `host.json: shared_volumes.more.mounts.901: would cover a folder of the guest's own system ("${target}") — give it a folder of its own, such as /data`,
      ],
    ),
    ...["/proc", "/sys/x", "/dev/shm", "/run", "/run/x", "/tmp/x"].map((target): Row => [
      `in the container's ${target}`,
      (host) => (host.shared_volumes.more = mount("/bulk/library/x", { "901": target })),
      `host.json: shared_volumes.more.mounts.901: lies in /${target.split("/")[1]}, which the guest's system recreates or empties when it starts ("${target}") — give it a folder of its own, such as /data`,
    ]),
    [
      "a machine's NFS mounts over its system and over one another",
      (host) => {
        const volume = { export: "/srv/media", mount_point: "/etc" };
        host.vms[0].nfs_volumes = [
          volume,
          { ...volume, mount_point: "/a" },
          { ...volume, mount_point: "/a/" },
        ];
      },
      `host.json: vms[0].nfs_volumes[0].mount_point: would cover a folder of the guest's own system ("/etc") — give it a folder of its own, such as /data`,
      `host.json: vms[0].nfs_volumes[2].mount_point: nfs_volumes[1] is mounted there too ("/a/") — give each export a folder of its own`,
    ],
    [
      "two in one folder, spelled otherwise",
      (host) => (host.shared_volumes.more = mount("/bulk/library", { "901": "//models/." })),
      `host.json: shared_volumes.more.mounts.901: shared_volumes.models is mounted there too ("//models/.") — give each mount a folder of its own`,
    ],
    [
      "in the folder of a volume of its own",
      (_, { lxc_configs: c }) =>
        (c["901"].volumes = [{ name: "data", pool: "tank-guests", size_gb: 8, mount_point: "/models/" }]),
      `lxc.json: lxc_configs.901.volumes[0].mount_point: shared_volumes.models is mounted there too ("/models/") — give each volume a folder of its own`,
    ],
    [
      "a folder in the container that is no absolute path",
      (host) => (host.shared_volumes.more = mount("/bulk/library", { "901": "models" })),
      `host.json: shared_volumes.more.mounts.901: is not an absolute path of letters, digits and . _ - + @ = ~ %, without .. in it ("models") — give folder in the container that shows the shared one`,
    ],
  ];
  for (const row of rows) test(row[0], () => expectRow("mistakes", row));

  const warnings: Row[] = [
    [
      "for a container that is not there",
      (host) => (host.shared_volumes.more = mount("/bulk/library", { "902": "/more" })),
      `host.json: shared_volumes.more.mounts.902: no container has the CTID 902, so it is mounted in none — name a CTID of the container file, or remove the mount`,
    ],
    [
      "in a container whose snapshot nobody is cloned from",
      (_, { lxc_configs: c }) => (c["901"].template_snapshot_name = "ready"),
      `host.json: shared_volumes.models.mounts.901: blocks snapshots of container 901, so its template_snapshot_name is not taken — remove template_snapshot_name, which nobody is cloned from, or the mount`,
    ],
    [
      "below /mnt/pve, off the dataset",
      (host) => (host.shared_volumes.models.host_path = "/mnt/pve/bulk/library/models"),
      `host.json: shared_volumes.models.host_path: does not lie on the dataset bulk/library, which is mounted at /bulk/library: the data would land on the root disk ("/mnt/pve/bulk/library/models") — write /bulk/library/models`,
    ],
    [
      "below /mnt/pve, with no dataset of that name",
      (host) => (host.shared_volumes.models.host_path = "/mnt/pve/bulk/models"),
      `host.json: shared_volumes.models.host_path: lies on no dataset: the data would land on the root disk ("/mnt/pve/bulk/models") — add its dataset to zfs.datasets, and write the path as /<pool>/<dataset>/…`,
    ],
    [
      "on the pool, off its datasets",
      (host) => (host.shared_volumes.models.host_path = "/bulk/models"),
      `host.json: shared_volumes.models.host_path: lies on no dataset of zfs.datasets, so it would be a plain folder of the pool bulk ("/bulk/models") — add the dataset to zfs.datasets, or correct the path`,
    ],
    [
      "a base that nothing is mounted at",
      (host) => (host.mount_point_base = "/mnt/pve"),
      `host.json: mount_point_base: nothing is mounted there: datasets are mounted at /<pool>/<dataset> ("/mnt/pve") — remove it, and write paths as /<pool>/<dataset>/…`,
    ],
    [
      "a firewall block in the place of a volume",
      (host) => (host.shared_volumes.firewall = { enabled: true, default_input_policy: "DROP" }),
      "host.json: shared_volumes.firewall: is a firewall block in the place of a shared volume, and has no effect here — move it to the top level of the file as firewall, or remove it",
    ],
    [
      "a volume that is named firewall",
      (host) => (host.shared_volumes.firewall = mount("/bulk/library/fw", {})),
    ],
    ["a folder of the host", (host) => (host.shared_volumes.models.host_path = "/usr/local/etc/nginx")],
    ["a folder in a home", (host) => (host.shared_volumes.models.host_path = "/home/user/models")],
    ["below the container's /etc", (host) => (host.shared_volumes.models.mounts["901"] = "/etc/nginx/ssl")],
    [
      "below a home of the container",
      (host) => (host.shared_volumes.models.mounts["901"] = "/home/user/models"),
    ],
    [
      "over the container's homes",
      (host) => (host.shared_volumes.models.mounts["901"] = "/home"),
      `host.json: shared_volumes.models.mounts.901: covers what the guest's template or image has there, such as keys that may log in ("/home") — name a folder in it, such as /home/data, or leave it if that is what you want`,
    ],
    [
      "one folder by two names",
      (host) => (host.shared_volumes.more = mount("/bulk/library//models/", { "901": "/more" })),
      `host.json: shared_volumes.more.host_path: is also the folder of shared_volumes.models ("/bulk/library//models/") — name all its containers in one of the two, with one owner and mode`,
    ],
    [
      "a folder in another of another mode",
      (host) =>
        (host.shared_volumes.more = {
          ...mount("/bulk/library/models/private", { "901": "/more" }),
          directory_mode: "700",
        }),
      `host.json: shared_volumes.more.host_path: lies in the folder of shared_volumes.models, which has another owner or mode: who may not enter that one reaches this one only where it is mounted by itself ("/bulk/library/models/private") — give both the same owner and directory_mode, or folders apart from each other`,
    ],
    [
      "one mount in another",
      (_, { lxc_configs: c }) =>
        (c["901"].volumes = [
          { name: "data", pool: "tank-guests", size_gb: 8, mount_point: "/models/cache" },
        ]),
      `lxc.json: lxc_configs.901.volumes[0].mount_point: lies in /models, where shared_volumes.models is mounted: Proxmox VE mounts in the order in which mounts are added, and that one must have come first, or it covers this one ("/models/cache") — give each a folder apart from the other, or add the outer one first`,
    ],
    [
      "one mount in another that is read-only",
      (host, { lxc_configs: c }) => {
        host.shared_volumes.models.read_only = ["901"];
        c["901"].volumes = [{ name: "data", pool: "tank-guests", size_gb: 8, mount_point: "/models/cache" }];
      },
      `lxc.json: lxc_configs.901.volumes[0].mount_point: lies in /models, where shared_volumes.models is mounted read-only, so the folder must be there already, or the container does not start ("/models/cache") — give each a folder apart from the other, or make the folder on the host or in the volume first`,
    ],
  ];
  for (const row of warnings) test(row[0], () => expectRow("warnings", row));
});

describe("virtual machines", () => {
  const rows: Row[] = [
    [
      "something is said nowhere",
      (host) => {
        delete host.vm_defaults.cores;
        delete host.vm_defaults.template;
      },
      "host.json: vms[0]: has no template, cores, and neither has vm_defaults — add what is missing to the entry or to vm_defaults",
    ],
    [
      "a storage without images",
      (host) => (host.vms[0].storage_pool = "bulk-library"),
      `host.json: vms[0].storage_pool: is a storage that holds no disks of virtual machines ("bulk-library") — add images to its dataset's proxmox_content_type, or name another storage`,
    ],
    [
      "the name of a container",
      (host) => (host.vms[0].name = "WEB"),
      `host.json: vms[0].name: is also the name of container 901 ("WEB") — give each guest a name of its own`,
    ],
  ];
  for (const row of rows) test(row[0], () => expectRow("mistakes", row));
});
