/* eslint-disable @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call --
   the tables break untyped documents in every way */
import test, { describe } from "node:test";
import { expectRow, type Row } from "./samples";

const safe = ["rw", "no_root_squash"];
/** One export of the sample's dataset, and what a row says of it. */
const nfs = (more: object) => ({
  exports: [{ path: "tank/guests", clients: ["10.0.0.0/24"], options: safe, ...more }],
});
const share = (more: object) => ({
  user: "admin",
  shares: [{ name: "docs", path: "tank/guests", valid_users: [], ...more }],
});
const place = "host.json: nfs.exports[0]";

describe("NFS exports: mistakes", () => {
  const rows: Row[] = [
    ["none", (host) => (host.nfs = nfs({}))],
    [
      "a pool that is not there",
      (host) => (host.nfs = nfs({ path: "tnak/guests" })),
      `${place}.path: names no pool of zfs.pools ("tnak/guests") — write pool/dataset, or an absolute path`,
    ],
    [
      "one folder twice",
      (host) => {
        const once = { path: "/bulk/library", clients: ["10.0.0.2"], options: safe };
        host.nfs = { exports: [once, { ...once, path: "bulk/library/" }] };
      },
      `host.json: nfs.exports[1].path: is also the path of nfs.exports[0] ("bulk/library/") — export a folder once, with all its clients`,
    ],
    [
      "two folders of one name",
      (host) => {
        const once = { path: "/bulk/library", clients: ["10.0.0.2"], options: safe };
        host.nfs = { exports: [once, { ...once, path: "/srv/library" }] };
      },
      `host.json: nfs.exports[1].path: is also the storage id of nfs.exports[0] ("nfs-library") — give the folder another name: its storage is nfs-<folder>`,
    ],
    [
      "the storage id of a dataset",
      (host, { lxc_configs: guests }) => {
        host.nfs = nfs({});
        host.proxmox_storage_ids = { bulk_library: "nfs-guests" };
        guests["900"].template = "nfs-guests:vztmpl/ubuntu.tar.zst";
      },
      `${place}.path: gives the storage id nfs-guests, which the dataset bulk/library has — give the folder or that storage another name`,
    ],
    [
      "a folder whose storage Proxmox refuses",
      (host) => (host.nfs = nfs({ path: "tank/guests/a@b" })),
      `${place}.path: gives the storage id nfs-a@b, which Proxmox refuses — name the folder with letters, digits, . _ and -, a letter or digit last`,
    ],
    ...["/", "/etc", "/etc/pve", "/root/x", "/var/lib/vz", "/srv", "/mnt/pve"].map((path): Row => [
      `the system's ${path}`,
      (host) => (host.nfs = nfs({ path })),
      path === "/"
        ? `${place}.path: is not a path of letters, digits and . _ - + @ : = ~, without .. in it ("/") — give what is exported: pool/dataset or the absolute path of a folder`
        : `${place}.path: is a folder of the system itself ("${path}") — name a dataset or a folder of its own`,
    ]),
    ...["tank/../etc", "tank/my docs", "tank/a#b", 'tank/a"b', "tank/a\\040b"].map((path): Row => [
      `the path ${path}`,
      (host) => (host.nfs = nfs({ path })),
      `${place}.path: is not a path of letters, digits and . _ - + @ : = ~, without .. in it (${JSON.stringify(path)}) — give what is exported: pool/dataset or the absolute path of a folder`,
    ]),
    ...["*", "0.0.0.0/0", "::/0", "128.0.0.0/1", "0.0.0.0/0.0.0.0"].map((client): Row => [
      `${client} as root`,
      (host) => (host.nfs = nfs({ clients: ["10.0.0.0/24", client] })),
      `${place}.clients[1]: lets everybody who reaches the host read and write as root (no_root_squash) ("${client}") — name the subnet that may mount it, such as 10.0.0.0/24, or remove no_root_squash`,
    ]),
    ...["10.0.0.0/24,10.0.1.0/24", "10.0.0.1(rw)", "-rw", "10.0.0.1 10.0.0.3", "#"].map((client): Row => [
      `${client} as one client`,
      (host) => (host.nfs = nfs({ clients: [client] })),
      `${place}.clients[0]: is not one client (an address, a subnet, a host name with or without * and ?, or @ and a netgroup) ("${client}") — give one client`,
    ]),
    ...["10.0.0.999", "10.0.0.0/33", "10.0.0"].map((client): Row => [
      `${client} as an address`,
      (host) => (host.nfs = nfs({ clients: ["10.0.0.0/24", client] })),
      `${place}.clients[1]: is neither an IPv4 address nor a subnet ("${client}") — write it as 10.0.0.5 or 10.0.0.0/24`,
    ]),
    [
      "an option that is none",
      (host) => (host.nfs = nfs({ options: [...safe, "no_subtree_chek"] })),
      `${place}.options[2]: is no export option of exports(5) ("no_subtree_chek") — did you mean no_subtree_check?`,
    ],
    [
      "several options as one",
      (host) => (host.nfs = nfs({ options: [...safe, "sync,wdelay"] })),
      `${place}.options[2]: is not one export option ("sync,wdelay") — give one export option`,
    ],
    [
      "a value where there is none",
      (host) => (host.nfs = nfs({ options: [...safe, "sync=yes"] })),
      `${place}.options[2]: has a value, and the option takes none ("sync=yes") — write sync`,
    ],
    [
      "a user that is no number",
      (host) => (host.nfs = nfs({ options: [...safe, "anonuid=heads"] })),
      `${place}.options[2]: is not what exports(5) has for anonuid ("anonuid=heads") — give anonuid=<value>`,
    ],
    [
      "another root of all paths",
      (host) => (host.nfs = nfs({ options: [...safe, "fsid=0"] })),
      `${place}.options[2]: would make it the root of all NFSv4 paths, and no storage of the node could be mounted by its own path ("fsid=0") — remove it`,
    ],
    [
      "both rw and ro",
      (host) => (host.nfs = nfs({ options: [...safe, "ro"] })),
      `${place}.options: has both rw and ro — keep one of the two`,
    ],
  ];
  for (const row of rows) test(row[0], () => expectRow("mistakes", row));
});

describe("NFS exports: warnings", () => {
  const rows: Row[] = [
    [
      "of a host name, a netgroup and IPv6",
      (host) => (host.nfs = nfs({ clients: ["nas.local", "@lab", "fe80::/64"] })),
    ],
    [
      "for everybody to write",
      (host) => (host.nfs = nfs({ clients: ["*"], options: ["rw"] })),
      `${place}.clients[0]: lets everybody who reaches the host write ("*") — name the subnet that may mount it, such as 10.0.0.0/24`,
      `${place}.options: has no no_root_squash, so the node, which is root, can read its own storage there and hardly write to it — add no_root_squash when only machines that you trust are among the clients`,
    ],
    [
      "for root as nobody",
      (host) => (host.nfs = nfs({ options: ["rw", "sync"] })),
      `${place}.options: has no no_root_squash, so the node, which is root, can read its own storage there and hardly write to it — add no_root_squash when only machines that you trust are among the clients`,
    ],
    [
      "below /mnt/pve, off the dataset",
      (host) => (host.nfs = nfs({ path: "/mnt/pve/tank/guests" })),
      `${place}.path: does not lie on the dataset tank/guests, which is mounted at /tank/guests: it is a folder of the root disk ("/mnt/pve/tank/guests") — write tank/guests`,
    ],
    [
      "below /mnt/pve, with no dataset of that name",
      (host) => (host.nfs = nfs({ path: "/mnt/pve/tank/media" })),
      `${place}.path: lies on no dataset: it is a folder of the root disk ("/mnt/pve/tank/media") — add its dataset to zfs.datasets, and write the path as <pool>/<dataset>/…`,
    ],
  ];
  for (const row of rows) test(row[0], () => expectRow("warnings", row));
});

const first = "host.json: samba.shares[0]";

describe("Samba shares: mistakes", () => {
  const rows: Row[] = [
    [
      "a pool that is not there",
      (host) => (host.samba = share({ path: "tnak/guests" })),
      `${first}.path: names no pool of zfs.pools ("tnak/guests") — write pool/dataset, or an absolute path`,
    ],
    [
      "a folder of the system, which would belong to the user then",
      (host) => (host.samba = share({ path: "/etc" })),
      `${first}.path: is a folder of the system itself ("/etc") — name a dataset or a folder of its own`,
    ],
    [
      "an option that is not key=value",
      (host) => (host.samba = share({ options: "writable=yes browseable" })),
      `${first}.options: has an option that is not key=value: browseable — write it as writable=yes`,
    ],
    [
      "a word for yes or no",
      (host) => (host.samba = share({ options: "writeable=maybe" })),
      `${first}.options: has writable=maybe, which is neither yes nor no — write writable=yes or no`,
    ],
    [
      "a mode that is none",
      (host) => (host.samba = share({ options: "create_mask=0998" })),
      `${first}.options: has create_mask=0998, which is no octal mode — write it as 0770`,
    ],
    ...Object.entries({
      "root_preexec=/x": "root_preexec=/x, which would run a program as root",
      "Include=/x": "include=/x, which would read another file",
      "path=/etc": "path=/etc, which has a key of its own",
      "wide_links=yes": "wide_links=yes, which would lead out of the shared folder",
      "force_user=root": "force_user=root, which is set here already, when more than one user may write",
    }).map(([options, told]): Row => [
      options,
      (host) => (host.samba = share({ options })),
      `${first}.options: has ${told} — remove it`,
    ]),
    [
      "a character that Samba replaces",
      (host) => (host.samba = share({ options: "comment=%U" })),
      `${first}.options: has comment=%U, with a character that means something else to Samba — leave out % " # ; and \\`,
    ],
    [
      "one name for two shares",
      (host) => {
        host.samba = share({});
        host.samba.shares.push({ name: "Docs", path: "bulk/library" });
      },
      `host.json: samba.shares[1].name: is also the name of samba.shares[0] ("Docs") — give each share a name of its own`,
    ],
    ...["global", "Homes", "print$"].map((name): Row => [
      `the name ${name}`,
      (host) => (host.samba = share({ name })),
      `${first}.name: is a name that Samba keeps for itself ("${name}") — give the share another name`,
    ]),
    [
      "a name that ends its section",
      (host) => (host.samba = share({ name: "a]b" })),
      `${first}.name: is not a share name ("a]b") — give name of the share, at most 80 characters`,
    ],
    [
      "root as its user",
      (host) => (host.samba = { ...share({}), user: "root" }),
      `host.json: samba.user: is an account of the system ("root") — name a user of its own; it is made`,
    ],
    [
      "a user name with an option in it",
      (host) => (host.samba = share({ valid_users: ["-x"] })),
      `${first}.valid_users[0]: is not a Linux user name, nor @ and a group name ("-x") — give user name, or @ and a group name`,
    ],
    ["a folder of the host", (host) => (host.samba = share({ path: "/srv/docs" }))],
  ];
  for (const row of rows) test(row[0], () => expectRow("mistakes", row));
});

describe("Samba shares: warnings", () => {
  const made =
    "is a user that nothing else in these files creates: one without login is made for Samba, unless the host has it";
  const rows: Row[] = [
    [
      "a user that nothing else creates",
      (host) => (host.samba = { user: "heads", shares: [] }),
      `host.json: samba.user: ${made} ("heads") — name users.username (admin) here if that one was meant`,
    ],
    [
      "one of the users of a share",
      (host) => (host.samba = share({ valid_users: ["admin", "guest1", "@staff"] })),
      `${first}.valid_users[1]: ${made} ("guest1") — name users.username (admin) here if that one was meant`,
    ],
    [
      "a dataset that is not there, in a pool that is",
      (host) => (host.samba = share({ path: "tank/docs" })),
      `${first}.path: lies on no dataset of zfs.datasets, so it would be a plain folder of the pool tank ("tank/docs") — add the dataset to zfs.datasets, or correct the path`,
    ],
    [
      "guests that may write",
      (host) => (host.samba = share({ options: "guest_ok=yes writable=yes" })),
      `${first}.options: lets guests without a password ask to write — remove guest_ok=yes: the folder is only open to its users`,
    ],
  ];
  for (const row of rows) test(row[0], () => expectRow("warnings", row));
});
