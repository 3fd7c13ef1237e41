/* Stacks that meet on one node, a stack under a new name, and plain `pulumi destroy`. All stacks are Pulumi's own,
   driven as a user of plain `pulumi` does, with the variables that lead to one lab machine. */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { difference, hostLines } from "../helpers/host-files";
import { LabStack } from "../helpers/lab";
import { Project } from "../helpers/project";
import { noLab } from "../scripts/node";

type Entry = Record<string, unknown>;

describe("stacks on one node", { skip: noLab }, () => {
  let stack: LabStack;

  const file = (name: string) => stack.project.path("stacks", name);
  const readJson = (path: string) => JSON.parse(readFileSync(path, "utf8")) as Entry;

  async function done(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await stack.pulumi(...args);
    assert.equal(code, 0, `pulumi ${args.join(" ")}\n${(stdout + stderr).slice(-6000)}`);
    return stdout + stderr;
  }

  async function refused(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await stack.pulumi(...args);
    assert.notEqual(code, 0, `pulumi ${args.join(" ")}`);
    return stdout + stderr;
  }

  const up = (name: string, ...args: string[]) =>
    done("up", "--stack", name, "--yes", "--skip-preview", ...args);
  const unchanged = (name: string) => done("preview", "--stack", name, "--expect-no-changes");

  /** Makes a stack of these containers on the host's file. */
  async function make(name: string, entries: Entry): Promise<void> {
    writeFileSync(file(`${name}.json`), JSON.stringify({ lxc_configs: entries }));
    const settings = { hypervisorConfig: "stacks/host.json", lxcConfigs: `stacks/${name}.json` };
    const lines = Object.entries(settings).map(([key, value]) => `  phoenix:${key}: ${value}\n`);
    writeFileSync(stack.project.path(`Pulumi.${name}.yaml`), `config:\n${lines.join("")}`);
    await done("stack", "init", name);
  }

  before(async () => {
    stack = new LabStack(new Project(), "dev");
    await stack.start();
    mkdirSync(file(""));
    const dev = (name: string) => readJson(stack.project.path("environments", "dev", name));
    const { version, users, timezone, network, samba, zfs, proxmox_defaults } = dev(
      "phoenix_hypervisor_config.json",
    );
    const nfs = { exports: [{ path: "tank/media", clients: ["10.0.0.0/24"], options: ["rw"] }] };
    const { pools, datasets } = zfs as { pools: Entry[]; datasets: Entry[] };
    datasets.push({
      name: "media",
      pool: "tank",
      properties: "compression=lz4",
      proxmox_storage_type: "dir",
      proxmox_content_type: "iso",
    });
    const host = {
      version,
      users,
      timezone,
      network,
      samba,
      nfs,
      zfs: { pools, datasets },
      proxmox_defaults,
    };
    writeFileSync(file("host.json"), JSON.stringify({ ...host, initial_setup: { upgrade: "never" } }));
    const containers = dev("phoenix_lxc_configs.json").lxc_configs as Record<string, Entry>;
    const plain = { ...containers["900"], features: [], template_snapshot_name: undefined };
    const at = (address: string) => ({
      network_config: { ...((plain as Entry).network_config as Entry), ip: address },
    });
    const volume = { name: "data", mount_point: "/srv/data", size_gb: 1, pool: "tank-volumes" };
    await make("first", {
      "110": { ...plain, name: "alpha", ...at("10.0.0.110/24"), mac_address: undefined, volumes: [volume] },
    });
    await make("second", {
      "120": { ...plain, name: "beta", ...at("10.0.0.120/24"), mac_address: undefined },
    });
    await up("first");
  });
  after(() => stack.stop());

  /** The host and a stack's state, to compare what a run that is refused leaves. */
  const picture = async (name: string) => {
    const { deployment } = JSON.parse(await done("stack", "export", "--stack", name)) as {
      deployment: { resources: Entry[] };
    };
    const resources = deployment.resources.map((resource) => JSON.stringify({ ...resource, modified: "" }));
    return [...(await hostLines(stack)), ...resources];
  };

  test("a second stack that would set the host up is refused by name before anything is changed", async () => {
    const before = await picture("first");
    const said = await refused("up", "--stack", "second", "--yes", "--skip-preview", "--continue-on-error");
    assert.match(
      said,
      /phoenix: node 'phoenix' belongs to stack 'first', which sets it up\. Nothing was changed\. If only guests are wanted of this stack: pulumi config set phoenix:hostSetup false\. If this stack was renamed from 'first', or is to take its place: pulumi config set phoenix:identity first/,
    );
    assert.deepEqual(difference(before, await picture("first")), []);
    await done("destroy", "--stack", "second", "--yes", "--skip-preview");
    assert.deepEqual(difference(before, await picture("first")), []);
    // With the same host and state it was so before the other stack came, too.
    await unchanged("first");
  });

  test("with hostSetup false its guests stand beside the first stack's", async () => {
    await done("config", "set", "phoenix:hostSetup", "false", "--stack", "second");
    await up("second");
    await unchanged("second");
    await unchanged("first");
    assert.deepEqual(await stack.guests(), { "110": "running", "120": "running" });
  });

  test("a replaced step leaves as it was what guests of the other stack need", async () => {
    const mark = "echo precious >/srv/data/mark";
    await stack.host("pct", "exec", "110", "--", "sh", "-c", mark);
    const { deployment } = JSON.parse(await done("stack", "export", "--stack", "first")) as {
      deployment: { resources: { urn: string; protect?: boolean; inputs?: { delete?: string } }[] };
    };
    const removable = deployment.resources.filter(({ inputs, protect }) => inputs?.delete && !protect);
    // What goes with its data is refused; see replacements.test.ts.
    const urns = removable.map(({ urn }) => urn).filter((urn) => !urn.endsWith("::ct-110-configure"));
    assert.ok(urns.length > 20, urns.join("\n"));
    const before = await hostLines(stack);
    await up("first", ...urns.flatMap((urn) => ["--replace", urn]));
    assert.deepEqual(difference(before, await hostLines(stack)), []);
    await unchanged("first");
    assert.equal(await stack.host("pct", "exec", "110", "--", "cat", "/srv/data/mark"), "precious\n");
  });

  test("plain destroy, also without a preview, is refused before anything is touched, and names the setting", async () => {
    const before = await picture("first");
    for (const flags of [["--skip-preview", "--continue-on-error"], []]) {
      const said = await refused("destroy", "--stack", "first", "--yes", ...flags);
      assert.match(
        said,
        /resource "[^"]*\$phoenix:protectGuests:Guard::ct-110-guard" cannot be deleted\s+because it is protected/,
      );
      assert.deepEqual(difference(before, await picture("first")), [], flags.join(" "));
    }
    await unchanged("first");
  });

  test("a renamed stack is refused with the way out, and with its identity nothing changes", async () => {
    const before = await hostLines(stack);
    await done("stack", "rename", "renamed", "--stack", "first");
    const said = await refused("up", "--stack", "renamed", "--yes", "--skip-preview", "--continue-on-error");
    assert.match(said, /node 'phoenix' belongs to stack 'first'.*pulumi config set phoenix:identity first/);
    assert.match(
      said,
      /CT 110 exists on node 'phoenix' as 'alpha' and belongs to stack 'first'.*if this stack was renamed from it: pulumi config set phoenix:identity first/,
    );
    assert.deepEqual(difference(before, await hostLines(stack)), []);
    await done("config", "set", "phoenix:identity", "first", "--stack", "renamed");
    await stack.resetStats();
    await up("renamed", "--expect-no-changes");
    assert.equal((await stack.stats()).sshConnections, 1);
  });

  test("with protectGuests false, plain destroy takes down the first stack, but for what the other's guests need", async () => {
    await done("config", "set", "phoenix:protectGuests", "false", "--stack", "renamed");
    const before = await hostLines(stack);
    assert.match(await up("renamed", "--expect-no-changes"), /phoenix:protectGuests is false/);
    assert.deepEqual(difference(before, await hostLines(stack)), []);
    const said = await done("destroy", "--stack", "renamed", "--yes", "--skip-preview");
    for (const what of ["storage tank-guests", "storage bulk-library", "bridge vmbr0"]) {
      assert.match(
        said,
        new RegExp(`warning: ${what} stays as it is: needed by CT 120 beta of stack 'second'`),
      );
    }
    assert.deepEqual(await stack.guests(), { "120": "running" });
    const volumes = await stack.host("zfs", "list", "-H", "-o", "name", "-r", "tank/volumes");
    assert.match(volumes, /110/, "the container's own volume is kept");
    const storages = await stack.host("pvesm", "status");
    assert.match(storages, /^tank-guests /m);
    assert.doesNotMatch(storages, /^nfs-media |^tank-media /m);
    await assert.rejects(stack.host("getent", "passwd", "phoenix_admin"));
    await up("second", "--expect-no-changes");
  });

  test("a stack without guests is destroyed by plain pulumi, and the next one may have the host", async () => {
    await make("third", {});
    await up("third");
    await done("destroy", "--stack", "third", "--yes", "--skip-preview");
    await done("config", "set", "phoenix:hostSetup", "true", "--stack", "second");
    await up("second");
    await unchanged("second");
  });
});
