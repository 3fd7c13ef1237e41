import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { LabStack } from "../helpers/lab";
import { Project } from "../helpers/project";
import { latestLog, stepsOf } from "../helpers/steps";
import { noLab } from "../scripts/node";

type Entry = Record<string, unknown>;

// A template, two clones of it of which one has a volume, and the other waits for it.
describe("containers that somebody changed on the node, and templates that change", { skip: noLab }, () => {
  let stack: LabStack;
  let lxcFile: string;
  let entries: Record<"900" | "910" | "911", Entry>;
  /** Writes the host's file: in which containers the shared folder is, and where. */
  let writeHost: (mounts: Record<string, string>) => void;

  const readJson = (...path: string[]) =>
    JSON.parse(readFileSync(stack.project.path(...path), "utf8")) as Entry;
  const write = () => writeFileSync(lxcFile, JSON.stringify({ lxc_configs: entries }));
  const conf = (ctid: number) => stack.host("cat", `/etc/pve/lxc/${ctid}.conf`);

  /** Converges, and gives the names of all that was done. */
  async function up(): Promise<string[]> {
    await stack.done("up", "--yes");
    return [...stepsOf(latestLog(stack.project, "life", "up")).keys()].sort();
  }

  before(async () => {
    const project = new Project();
    stack = new LabStack(project, "life");
    mkdirSync(project.path("life", "features"), { recursive: true });
    const dev = ["environments", "dev"];
    const { network, zfs, proxmox_defaults, timezone } = readJson(...dev, "phoenix_hypervisor_config.json");
    const hypervisorFile = project.path("life", "phoenix_hypervisor_config.json");
    const { pools, datasets } = zfs as { pools: Entry[]; datasets: Entry[] };
    const rest = {
      zfs: {
        pools: pools.slice(0, 1),
        datasets: datasets.filter(({ name }) => ["guests", "volumes"].includes(name as string)),
      },
      initial_setup: { ufw: false, upgrade: "never" },
    };
    writeHost = (mounts) => {
      const shared_volumes = { papers: { host_path: "/tank/volumes/papers", mounts } };
      const file = { timezone, network, proxmox_defaults, ...rest, shared_volumes };
      writeFileSync(hypervisorFile, JSON.stringify(file));
    };
    writeHost({ "910": "/srv/papers" });

    const all = readJson(...dev, "phoenix_lxc_configs.json").lxc_configs as Record<string, Entry>;
    const clone = (ctid: string, name: string, more: Entry): Entry => {
      const { storage_pool, network_config, mac_address } = all[ctid]!;
      const same = {
        clone_from_ctid: "900",
        memory_mb: 1024,
        cores: 1,
        storage_size_gb: 16,
        unprivileged: true,
      };
      return { name, ...same, storage_pool, network_config, mac_address, ...more };
    };
    const volume = { name: "data", pool: "tank-volumes", size_gb: 8, mount_point: "/srv/data" };
    entries = {
      "900": { ...all["900"], template: "ubuntu-24.04-standard_24.04-2_amd64.tar.zst", features: [] },
      "910": clone("910", "keeper", { volumes: [volume] }),
      "911": clone("911", "next", { dependencies: ["910"] }),
    };
    lxcFile = project.path("life", "phoenix_lxc_configs.json");
    write();
    await stack.done("init", "--hypervisor-config", hypervisorFile, "--lxc-configs", lxcFile);
    await stack.done("up", "--yes");
  });
  after(() => stack.stop());

  const own = async () => (await conf(911)).split(/^\[/m)[0]!.match(/^lxc\..*$/gm) ?? [];
  const sections = async () => (await conf(911)).replace(/^[^[]*/, "");
  let snapshots: string;

  test("a raw line set and changed below two snapshots leaves both as they are, byte for byte", async () => {
    for (const name of ["first", "second"]) await stack.host("pct", "snapshot", "911", name);
    snapshots = await sections();
    assert.match(snapshots, /^\[first\][^]*^\[second\]/m);

    entries["911"].lxc_options = ["lxc.cap.drop=sys_rawio"];
    write();
    assert.deepEqual(await up(), ["ct-911-configure", "ct-911-start"]);
    assert.deepEqual([await own(), await sections()], [["lxc.cap.drop: sys_rawio"], snapshots]);

    entries["911"].lxc_options = ["lxc.cap.drop=sys_time"];
    write();
    assert.deepEqual(await up(), ["ct-911-configure", "ct-911-start"]);
    assert.deepEqual([await own(), await sections()], [["lxc.cap.drop: sys_time"], snapshots]);
  });

  test("containers deleted by hand are found and made anew with all their steps, their dependants left alone", async () => {
    const started = () => stack.host("pct", "exec", "911", "--", "cut", "-d ", "-f22", "/proc/1/stat");
    const running = await started();
    for (const ctid of ["900", "910"]) {
      await stack.host("pct", "exec", ctid, "--", "touch", "/old");
      await stack.host("pct", "destroy", ctid, "--force", "1");
    }
    const preview = await stack.phoenix("preview");
    assert.equal(preview.code, 0, preview.stderr);
    assert.match(
      preview.stderr,
      /\nCT 900 template-base was deleted by hand, or [^\n]*: all its steps run again\.\nCT 910 keeper was deleted by hand, or [^\n]*: all its steps run again\.\n$/,
    );

    assert.deepEqual(await up(), [
      ...["configure", "idmap", "mounts", "snapshot", "start"].map((step) => `ct-900-${step}`),
      ...["configure", "define", "idmap", "mounts", "start"].map((step) => `ct-910-${step}`),
    ]);
    assert.deepEqual(await stack.guests(), { "900": "running", "910": "running", "911": "running" });
    for (const ctid of ["900", "910"]) {
      assert.equal(
        await stack.host("pct", "exec", ctid, "--", "sh", "-c", "ls /old 2>/dev/null || echo new"),
        "new\n",
      );
    }
    assert.match(await stack.host("pct", "listsnapshot", "900"), /\bpre-configured\b/);
    // Deleted by hand, the container took its volume with it.
    assert.match(await conf(910), /^mp0: tank-volumes:subvol-910-disk-\d+,mp=\/srv\/data,size=8G$/m);
    assert.equal(await started(), running);
  });

  test("all mounts out of a running container and back in: volume and data are still there, then nothing changes", async () => {
    const [own, shared] = ["/srv/data/file", "/srv/papers/file"];
    const inside = (script: string) => stack.host("pct", "exec", "910", "--", "sh", "-c", script);
    const mounts = async () =>
      (await conf(910)).match(/^(mp\d+|unused\d+|delete|\[pve:pending\]).*$/gm) ?? [];
    await inside(`echo precious | tee ${own} ${shared}`);
    const before = await mounts();
    const volume = /tank-volumes:subvol-910-disk-\d+/.exec(before.join())?.[0];
    assert.deepEqual(before, [
      `mp0: ${volume},mp=/srv/data,size=8G`,
      "mp1: /tank/volumes/papers,mp=/srv/papers",
    ]);

    const { volumes } = entries["910"];
    entries["910"].volumes = [];
    write();
    writeHost({});
    const preview = await stack.phoenix("preview");
    assert.match(preview.stderr, /^CT 910 keeper restarts, if it runs: mounts changed\.$/m);
    const out = await up();
    assert.deepEqual(
      out.filter((name) => name.startsWith("ct-")),
      ["ct-910-idmap", "ct-910-mounts", "ct-910-start"],
    );
    assert.deepEqual(await mounts(), [`unused0: ${volume}`]);
    assert.equal(await inside(`cat ${own} ${shared} 2>/dev/null || echo gone`), "gone\n");

    entries["910"].volumes = volumes;
    write();
    writeHost({ "910": "/srv/papers" });
    const back = await up();
    assert.deepEqual(
      back.filter((name) => name.startsWith("ct-")),
      ["ct-910-idmap", "ct-910-mounts", "ct-910-start"],
    );
    assert.deepEqual((await mounts()).sort(), before);
    assert.equal(await inside(`cat ${own} ${shared}`), "precious\nprecious\n");
    assert.equal(await stack.host("cat", "/tank/volumes/papers/file"), "precious\n");
    await stack.done("up", "--yes", "--expect-no-changes");
    assert.equal(await inside(`cat ${own} ${shared}`), "precious\nprecious\n");
  });

  test("the preview of a template that changes lists the clones that will be behind; a raw line goes as it came", async () => {
    writeFileSync(
      stack.project.path("life", "features", "feature_marker.sh"),
      "#!/bin/bash\ntouch /marker\n",
    );
    entries["900"].features = ["marker"];
    write();
    const { code, stderr } = await stack.phoenix("preview");
    assert.equal(code, 0, stderr);
    assert.match(
      stderr,
      /\nCT 900 template-base changes: its snapshot pre-configured is taken again, unless something builds on it\. Made before, and left as they are: CT 910 keeper, CT 911 next\.\n$/,
    );

    delete entries["911"].lxc_options;
    write();
    // Nothing else: all that was made anew is as it should be.
    assert.deepEqual(await up(), [
      ...["ct-900-feature-marker", "ct-900-snapshot", "ct-911-configure", "ct-911-start"],
    ]);
    assert.deepEqual([await own(), await sections()], [[], snapshots]);
  });
});
