import { after, before, describe, it } from "node:test";
import { assertFails, type Failure } from "./containerFailures";
import { create, fetchTemplate, net0 as reaching, rootDisks, template } from "./container-node";
import { Node, noLab, tag } from "./node";

/** A command of the node that fails with Proxmox VE's or ZFS's own words when it is called for this. */
const failingWith = (name: string, first: string, said: string, code = 255) => ({
  broken:
    `real=$(command -v ${name}); printf '#!/bin/bash\\n[ "$1" != ${first} ] || { echo "${said}" >&2; exit ${code}; }\\n` +
    `exec %s "$@"\\n' $real >/tmp/stub; install -m 755 /tmp/stub /usr/local/sbin/${name}`,
  mended: `rm /usr/local/sbin/${name}`,
});

const foreign =
  "CT 903 already exists on node 'phoenix' as 'precious' and is not of this stack (it has no tag 'phoenix-test'). " +
  "It was left untouched. Give the entry another CTID, remove that container, or let this stack take it over: " +
  "pulumi config set --path 'phoenix:adopt[0]' 903";
const gone = {
  code: 3,
  says: "CT 909 does not exist on node 'phoenix' any more; run 'phoenix refresh', then 'phoenix up'",
};
const above = "Proxmox VE's message is above";

const clone = (over: object) => ({
  ...{ ctid: 905, source: 900, snapshot: "ready", hostname: "c", storage: "tank-lxc", tag, adopt: false },
  ...over,
});
const configure = (over: object = {}, values: object = {}, net0: object = {}) => ({
  ctid: 900,
  tag,
  diskGb: 4,
  rawLines: [],
  net0: { name: "eth0", bridge: "vmbr0", ip: "10.0.0.200/24", gw: "10.0.0.1", type: "veth", ...net0 },
  values: { cores: 1, description: "ours\n", hostname: "base", memory: 512, onboot: 0, swap: 512, ...values },
  ...over,
});
const mount = (over: object, ctid = 900) => ({
  ctid,
  tag,
  mounts: [{ target: "/models", readOnly: false, ...over }],
});
const script = (text: string, over: object = {}) => ({
  ...{ ctid: 901, tag, step: "application", name: "app.sh", script: text, seconds: 20, environment: {} },
  ...over,
});
const feature = (text: string) => script(text, { step: "feature-ollama", name: "feature_ollama.sh" });
const health = (over: object) => ({
  ...{ ctid: 901, tag, retries: 2, interval: 1, timeLimit: 5, gpu: false },
  ...over,
});
const hook = (text: string, ctid = 900) => ({
  ...{ ctid, tag, name: "phoenix_hypervisor_setup_900", script: text, config: {}, environment: {} },
});
const snapshot = (ctid: number, digest = "one") => ({ ctid, tag, name: "ready", digest });
const start = { ctid: 900, tag, interface: "eth0" };
const map = ["0 100000 65536"];
const idMap = (over: object) => ({ ctid: 901, tag, users: map, groups: map, folders: [], ...over });
const models = { source: "/srv/models", target: "/models" };
const shared = (over: object) => ({
  ...{ path: "/srv/shared", owner: "100000", mode: "775", holdOwner: false, holdMode: false },
  ...over,
});

const failures: Record<string, Record<string, Omit<Failure, "step">>> = {
  claim: {
    "a foreign container": { settings: { ctid: 903, tag, adopt: false }, says: foreign },
    "a virtual machine": {
      settings: { ctid: 904, tag, adopt: false },
      says: "id 904 is taken by VM 'machine' on node 'phoenix'; it was left untouched. Give the entry another CTID.",
    },
    "pve-cluster does not run": {
      settings: { ctid: 905, tag, adopt: false },
      broken: "mv /etc/pve/lxc /etc/pve/away",
      mended: "mv /etc/pve/away /etc/pve/lxc",
      says:
        "the configuration of Proxmox VE is not there on phoenix (/etc/pve is empty); " +
        "see 'systemctl status pve-cluster'. Nothing was changed",
    },
    "a container that cannot be taken over": {
      settings: { ctid: 903, tag, adopt: true },
      ...failingWith("pct", "set", "cfs-lock 'file-user_cfg' error: no quorum!"),
      says: `CT 903 could not be taken over; ${above}`,
    },
  },
  template: {
    "a name that the catalogue does not have": {
      settings: { storage: "local", file: "nosuch_1.0_amd64.tar.zst" },
      says:
        "template nosuch_1.0_amd64.tar.zst could not be downloaded to local; its message is above. " +
        "'pveam available --section system' lists what there is, or put the file there yourself",
    },
    "a storage that is not there": {
      settings: { storage: "nas", file: template },
      says: `storage nas, which is to hold template ${template}, does not answer; ${above}`,
    },
    "a download that breaks off, with which pveam ends well": {
      settings: { storage: "local", file: "debian-13-standard_13.1-2_amd64.tar.zst" },
      ...failingWith("pveam", "download", "download failed: 502 Bad Gateway", 0),
      says:
        "template debian-13-standard_13.1-2_amd64.tar.zst could not be downloaded to local; its message is above. " +
        "'pveam available --section system' lists what there is, or put the file there yourself",
    },
  },
  clone: {
    "a source that is not there": {
      settings: clone({ source: 999 }),
      says: "CT 999, which CT 905 is cloned from, does not exist on this node",
    },
    "a snapshot that is not there": {
      settings: clone({ snapshot: "nosuch" }),
      says: "CT 900 has no snapshot 'nosuch' to clone CT 905 from",
    },
    "a storage that is not there": {
      settings: clone({ storage: "nas" }),
      says: `CT 900 could not be cloned to CT 905; ${above}`,
    },
    "a foreign container in its place": { settings: clone({ ctid: 903 }), says: foreign },
  },
  configure: {
    "a bridge that is not there": {
      settings: configure({}, {}, { bridge: "vmbr9" }),
      says:
        "bridge vmbr9, which CT 900 is to join, does not exist on phoenix: " +
        "correct network_config.bridge, or make the bridge. Nothing was changed",
    },
    "a disk that would shrink": {
      settings: configure({ diskGb: 2 }),
      says: "the root disk of CT 900 has 4G and cannot shrink to 2G: set storage_size_gb to 4 or more",
    },
    "a disk that cannot grow, with which pct ends well": {
      settings: configure({ diskGb: 6 }),
      ...failingWith("pct", "resize", "zfs error: cannot set property: out of space", 0),
      says: `the root disk of CT 900 could not be grown to 6G; ${above}`,
    },
    "a value that Proxmox VE refuses": {
      settings: configure({}, { hostname: "-base" }),
      says: `CT 900 could not be configured; ${above}`,
    },
    "GPUs without a driver": {
      code: 4,
      settings: configure({ gpus: ["0", "1"] }),
      says:
        "CT 900 is assigned GPU 0 1, but phoenix has no NVIDIA driver: " +
        "set nvidia_driver.install, or gpu_assignment to none",
    },
    "a container that is gone": { settings: configure({ ctid: 909 }), ...gone },
  },
  mounts: {
    "a folder that is not there": {
      settings: mount({ source: "/srv/nosuch" }),
      says: "CT 900: /srv/nosuch, which is to be mounted at /models, is not a folder of phoenix",
    },
    "somebody else's mount in its place": {
      settings: mount({ source: "/srv" }),
      broken: "pct set 900 --mp5 /srv/models,mp=/models",
      mended: "pct set 900 --delete mp5",
      says: "CT 900 has /srv/models mounted at /models, which was not made from these files; it was left untouched",
    },
    "a volume where a folder is": {
      settings: mount({ name: "m", storage: "tank-lxc", sizeGb: 1 }),
      broken: "pct set 900 --mp5 /srv/models,mp=/models",
      mended: "pct set 900 --delete mp5",
      says: "CT 900 has the folder /srv/models at /models, where volume m is wanted; give it another mount_point",
    },
    "a volume where a folder is, in another spelling": {
      settings: mount({ name: "m", storage: "tank-lxc", sizeGb: 1 }),
      broken: "pct set 900 --mp5 /srv/models,mp=//models/",
      mended: "pct set 900 --delete mp5",
      says: "CT 900 has the folder /srv/models at /models, where volume m is wanted; give it another mount_point",
    },
    "a volume and a folder at one place": {
      settings: {
        ctid: 900,
        tag,
        mounts: [
          { target: "/models", readOnly: false, source: "/srv/models" },
          { target: "/models", readOnly: false, name: "m", storage: "tank-lxc", sizeGb: 1 },
        ],
      },
      says: "CT 900: two mounts are wanted at /models; nothing was changed: give each a place of its own",
    },
    "a volume that would shrink": {
      settings: mount({ name: "m", storage: "tank-lxc", sizeGb: 1 }),
      broken: "pct set 900 --mp5 tank-lxc:2,mp=/models",
      says: "volume m of CT 900 has 2G and cannot shrink to 1G: set its size_gb to 2 or more",
    },
    "a volume on another storage": {
      settings: mount({ name: "m", storage: "plain", sizeGb: 2 }),
      mended:
        "v=$(pct config 900 | sed -n 's/^mp5: \\([^,]*\\),.*/\\1/p'); pct set 900 --delete mp5; pct set 900 --delete unused0",
      says:
        "CT 900 has its volume tank-lxc:subvol-900-disk-1 at /models, not one on plain: " +
        "move it with 'pct move-volume 900 mp5 plain'",
    },
    "a storage that is not there": {
      settings: mount({ name: "m", storage: "nas", sizeGb: 1 }),
      mended: "rm /var/lib/phoenix/guests/900.mounts",
      says: `CT 900: nas:1 could not be mounted at /models; ${above}`,
      // Noted before it is tried, so that a run that is cut off knows its own mount.
      changes: ["> /var/lib/phoenix/guests/900.mounts:/models"],
    },
  },
  firewall: {
    "a foreign container": { settings: { ctid: 903, tag, enabled: true, rules: [] }, says: foreign },
    "a container that is gone": { settings: { ctid: 909, tag, enabled: true, rules: [] }, ...gone },
    "no quorum": {
      settings: { ctid: 900, tag, enabled: true, rules: [] },
      broken: "mkdir -p /etc/pve/firewall && mount -t tmpfs -o ro tmpfs /etc/pve/firewall",
      mended: "umount /etc/pve/firewall",
      says:
        "the firewall of CT 900 could not be written to /etc/pve/firewall/900.fw, which is unchanged: " +
        "/etc/pve takes no changes without a quorum ('pvecm status') or space",
    },
  },
  start: {
    "a folder of the host that is gone": {
      settings: start,
      broken: "mkdir /srv/away && pct set 900 --mp5 /srv/away,mp=/models && rmdir /srv/away",
      mended: "pct set 900 --delete mp5",
      says:
        "CT 900 cannot start: /srv/away, which is mounted at /models, is not there on phoenix; " +
        "make the folder, or take its mount out. Nothing was changed",
    },
    "a device that is gone": {
      settings: start,
      broken: "mknod /dev/lab0 c 195 0 && pct set 900 --dev0 /dev/lab0 && rm /dev/lab0",
      mended: "pct set 900 --delete dev0",
      says: "CT 900 cannot start: its device /dev/lab0 is not there on phoenix; load its driver. Nothing was changed",
    },
    "a bridge that is gone": {
      settings: start,
      broken: "sed -i 's/bridge=vmbr0/bridge=vmbr9/' /etc/pve/lxc/900.conf",
      mended: "sed -i 's/bridge=vmbr9/bridge=vmbr0/' /etc/pve/lxc/900.conf",
      says:
        "CT 900 cannot start: bridge vmbr9 of its network does not exist on phoenix; " +
        "correct network_config.bridge, or make the bridge. Nothing was changed",
    },
    "a pool that is not imported": {
      settings: start,
      broken: "pct stop 901 && zpool export tank",
      mended: "zpool import tank && pct start 901",
      says: "CT 900 cannot start: storage tank-lxc is inactive on phoenix; see 'pvesm status' and 'zpool status'. Nothing was changed",
    },
  },
  idmap: {
    "another map of users": {
      settings: idMap({ users: ["0 100000 1000"] }),
      says:
        "CT 901 runs with another uid_map (0 100000 65536) than wanted (0 100000 1000): stop and start it; " +
        "if it stays, look for lxc.idmap lines in /etc/pve/lxc/901.conf",
    },
    "another map of groups": {
      settings: idMap({ groups: ["0 200000 65536"] }),
      says:
        "CT 901 runs with another gid_map (0 100000 65536) than wanted (0 200000 65536): stop and start it; " +
        "if it stays, look for lxc.idmap lines in /etc/pve/lxc/901.conf",
    },
    "a folder that is not mounted": {
      settings: idMap({ folders: [models] }),
      says: "CT 901 does not see /srv/models at /models",
    },
    "something else in the folder's place": {
      settings: idMap({ folders: [{ ...models, target: "/etc" }] }),
      says: "CT 901 sees /etc as owned by 0 0, not by 65534 65534: it is not /srv/models of phoenix",
    },
  },
  "in-guest": {
    "an application's error": {
      settings: script("#!/bin/bash\necho no model\nexit 4\n"),
      says: "app.sh failed in CT 901 with exit code 4",
    },
    "an application that hangs": {
      settings: script("#!/bin/bash\nsleep 60\n", { seconds: 1 }),
      says: "app.sh in CT 901 was ended after 1 s",
    },
    "a program that the container does not have": {
      settings: script("#!/bin/bash\nnosuch --now\n"),
      says:
        "app.sh failed in CT 901 with exit code 127: its first line, or one of its commands, " +
        "names a program that is not in the container",
    },
    "an application that is killed": {
      settings: script("#!/bin/bash\nkill -9 $$\n"),
      says: "app.sh failed in CT 901 with exit code 137: it was killed, as when memory runs out (memory_mb)",
    },
    "a full disk": {
      settings: script(`#!/bin/bash\n# ${"x".repeat(9000)}\n`),
      broken: "pct exec 901 -- sh -c 'mkdir -p /run/phoenix && mount -t tmpfs -o size=8k tmpfs /run/phoenix'",
      mended: "pct exec 901 -- sh -c 'umount /run/phoenix'",
      says: /^app\.sh could not be put into CT 901 and run: it could not be put into \/run\/phoenix\/run\.\d+\.\w+; is its disk, or its memory, full\?$/,
    },
    "a user's feature that fails": {
      settings: feature("#!/bin/bash\nfalse\n"),
      says: "feature_ollama.sh failed in CT 901 with exit code 1",
    },
    "a user's feature with an interpreter that is not there": {
      settings: feature("#!/usr/bin/nosuch\n"),
      says:
        "feature_ollama.sh failed in CT 901 with exit code 127: its first line, or one of its commands, " +
        "names a program that is not in the container",
    },
    "a user's feature with a folder for an interpreter": {
      settings: feature("#!/etc\n"),
      says:
        "feature_ollama.sh failed in CT 901 with exit code 126: it cannot be run there: " +
        "its first line names what is no program",
    },
  },
  health: {
    "a check that fails": {
      settings: health({ command: "exit 7" }),
      says: "the health check of CT 901 failed 2 times, the last time with exit code 7: exit 7",
    },
    "a check that hangs": {
      settings: health({ command: "sleep 60", timeLimit: 1, retries: 1 }),
      says: "the health check of CT 901 did not end within 1 s, 1 times",
    },
    "a GPU without nvidia-smi": {
      settings: health({ gpu: true, retries: 1 }),
      says: "the GPU check of CT 901 failed 1 times, the last time with exit code 127: nvidia-smi",
    },
  },
  snapshot: {
    "folders of the host": {
      settings: { ...snapshot(900), name: "other" },
      broken: "pct set 900 --mp5 /srv/models,mp=/models",
      mended: "pct set 900 --delete mp5",
      says:
        "snapshot 'other' of CT 900 cannot be made: Proxmox VE takes none while folders of the host are mounted " +
        "(/srv/models). Take their mounts out of this container; its clones may have them",
    },
    "a storage without snapshots": {
      settings: snapshot(902),
      says: `snapshot 'ready' of CT 902 could not be made; ${above}`,
    },
    "a pool that is full": {
      settings: { ...snapshot(900), name: "other" },
      ...failingWith("pct", "snapshot", "zfs error: cannot create snapshot: out of space"),
      says: `snapshot 'other' of CT 900 could not be made; ${above}`,
    },
    "an old snapshot that does not go": {
      settings: snapshot(900, "two"),
      ...failingWith("pct", "delsnapshot", "zfs error: cannot destroy snapshot: dataset is busy"),
      says: `snapshot 'ready' of CT 900 could not be taken again; ${above}`,
    },
  },
  hook: {
    "a hook's error": {
      settings: hook("#!/bin/bash\nexit 7\n"),
      says: "hook phoenix_hypervisor_setup_900 failed for CT 900 with exit code 7",
    },
    "a program that the node does not have": {
      settings: hook("#!/usr/bin/nosuch\n"),
      says:
        "hook phoenix_hypervisor_setup_900 failed for CT 900: its first line, or one of its commands, " +
        "names a program that phoenix does not have",
    },
    "a folder for an interpreter": {
      settings: hook("#!/etc\n"),
      says: "hook phoenix_hypervisor_setup_900 could not be run for CT 900: its first line names what is no program",
    },
    "a foreign container": { settings: hook("#!/bin/bash\n", 903), says: foreign },
  },
  "shared-folder": {
    "a file in its place": {
      settings: shared({ path: "/srv/file" }),
      says: "shared folder /srv/file is a file on phoenix; nothing was changed",
    },
    "an owner that is not there": {
      settings: shared({ owner: "nobody-there" }),
      says: "shared folder /srv/shared: its owner 'nobody-there' is no user of phoenix",
    },
    "a link to a folder of the system": {
      settings: shared({ path: "/srv/link" }),
      says: "shared folder /srv/link leads to /etc/pve; nothing was changed: write that path, if that is what is to be shared",
    },
    "a link above it": {
      settings: shared({ path: "/srv/link/models" }),
      says: "shared folder /srv/link/models leads to /etc/pve/models; nothing was changed: write that path, if that is what is to be shared",
    },
    "a file above it": {
      settings: shared({ path: "/srv/file/models" }),
      says: "shared folder /srv/file/models could not be made; the reason is above",
    },
  },
};

describe(
  "what a container's step says when it fails, and that the node is as it was",
  { skip: noLab },
  () => {
    let node!: Node;
    before(async () => {
      node = await Node.start();
      const own = (ctid: number, more = "", storage = "tank-lxc") =>
        create(ctid, `--tags ${tag} --memory 512 ${more}`, storage);
      await node.sh(
        "mkdir -p /var/lib/phoenix/guests /srv/plain /srv/models && touch /srv/file && ln -s /etc/pve /srv/link && " +
          `${rootDisks} && pvesm add dir plain --path /srv/plain --content rootdir && ${fetchTemplate} && ` +
          `${own(900, `--hostname base ${reaching}`)} && ` +
          `${own(901, "--hostname runs --unprivileged 1")} && pct start 901 && ` +
          `${own(902, "", "plain")} && ` +
          `${create(903, "--hostname precious")} && ` +
          "printf 'name: machine\\n' > /etc/pve/qemu-server/904.conf && " +
          "pct set 900 --cores 1 --description ours && pct snapshot 900 ready && echo 'ready one' > /var/lib/phoenix/guests/900.snapshot",
      );
    });
    after(() => node.stop());

    for (const [step, cases] of Object.entries(failures)) {
      for (const [cause, failure] of Object.entries(cases)) {
        it(`${step}: ${cause}`, () => assertFails(node, { step, ...failure }));
      }
    }
  },
);
