/* `pulumi up --replace` of each step that has a delete script: it deletes first and makes anew, and host and guests are
   afterwards what they were; or it is refused before anything is touched. */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { difference, hostLines } from "../helpers/host-files";
import { LabStack } from "../helpers/lab";
import { Project } from "../helpers/project";
import { removableGuests, removableHost, removableScript } from "../helpers/removable-estate";
import { noLab } from "../scripts/node";

interface Resource {
  urn: string;
  protect?: boolean;
  inputs?: { delete?: string };
}

/** Steps whose delete takes data along: refused while what they made is wanted. */
const refusals: Record<string, RegExp> = {
  "ct-910-configure":
    /CT 910 stands, and a replacement of its step configure would take its volumes out of it; nothing was changed/,
  "host-zfs-dataset-tank-scratch":
    /dataset tank\/scratch is still wanted: a replacement would destroy its data/,
  "host-zfs-pool-extra": /pool extra is still wanted: a replacement would destroy its data/,
};

const nameOf = ({ urn }: Resource) => urn.split("::").at(-1) ?? "";

// Each test starts from where the one before it ended.
describe("a step with a delete script", { skip: noLab }, () => {
  let stack: LabStack;
  let removable: Resource[];

  async function done(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await stack.pulumi(...args);
    assert.equal(code, 0, `pulumi ${args.join(" ")}\n${(stdout + stderr).slice(-6000)}`);
    return stdout;
  }
  const replacing = (urns: string[]) => [
    "--yes",
    "--skip-preview",
    ...urns.flatMap((urn) => ["--replace", urn]),
  ];
  const unchanged = () => done("preview", "--expect-no-changes");

  /** Which of these steps, that disturb something together, do it alone: each half is looked at by itself. */
  async function culprits(steps: Resource[]): Promise<Record<string, string[]>> {
    const disturbed = await disturbedBy(steps);
    if (disturbed.length === 0) return {};
    if (steps.length === 1) return { [nameOf(steps[0]!)]: disturbed };
    const half = Math.ceil(steps.length / 2);
    return { ...(await culprits(steps.slice(0, half))), ...(await culprits(steps.slice(half))) };
  }

  /** What is different on the host behind a replacement of these steps. */
  async function disturbedBy(steps: Resource[]): Promise<string[]> {
    const before = await hostLines(stack);
    await done("up", ...replacing(steps.map(({ urn }) => urn)));
    return difference(before, await hostLines(stack));
  }

  /** What started or stopped guests so far, as `vzstart 911`, by the task's id. */
  async function powerTasks(): Promise<Map<string, string>> {
    const args = ["/nodes/phoenix/tasks", "--limit", "9999", "--output-format", "json"];
    const all = JSON.parse(await stack.host("pvesh", "get", ...args)) as Record<
      "upid" | "type" | "id",
      string
    >[];
    const power = all.filter(({ type }) => /^(vz|qm)(start|stop|shutdown|reboot)$/.test(type));
    return new Map(power.map(({ upid, type, id }) => [upid, `${type} ${id}`]));
  }

  before(async () => {
    const project = new Project();
    project.env.PHOENIX_SAMBA_PASSWORD_COLLEAGUE = "not in the state";
    stack = new LabStack(project, "anew");
    mkdirSync(project.path("anew"));
    writeFileSync(project.path("anew", "host.json"), JSON.stringify(removableHost));
    writeFileSync(project.path("anew", "lxc.json"), JSON.stringify(removableGuests));
    mkdirSync(project.path("anew", "scripts"));
    writeFileSync(project.path("anew", "scripts", removableScript.file), removableScript.text);
    const settings = "  phoenix:hypervisorConfig: anew/host.json\n  phoenix:lxcConfigs: anew/lxc.json\n";
    writeFileSync(project.path("Pulumi.anew.yaml"), `config:\n${settings}`);
    await stack.start();
    await done("stack", "init", "anew");
    await done("up", "--yes", "--skip-preview");
    await unchanged();
    await stack.host("pct", "exec", "910", "--", "sh", "-c", "echo precious >/srv/data/mark");
    for (const folder of ["scratch", "projects"])
      await stack.host("sh", "-c", `echo precious >/tank/${folder}/mark`);
    const { deployment } = JSON.parse(await done("stack", "export")) as {
      deployment: { resources: Resource[] };
    };
    removable = deployment.resources.filter(({ inputs }) => inputs?.delete !== undefined);
  });
  after(() => stack.stop());

  test("leaves the host and the guests as they were when it is replaced", async () => {
    const free = removable.filter((step) => !step.protect && !(nameOf(step) in refusals));
    assert.ok(free.length > 35, free.map(nameOf).join("\n"));
    const tasks = await powerTasks();
    const disturbed = await disturbedBy(free);
    const by = disturbed.length > 0 ? await culprits(free) : {};
    assert.deepEqual({ disturbed, by }, { disturbed: [], by: {} });
    const since = [...(await powerTasks())].filter(([upid]) => !tasks.has(upid)).map(([, task]) => task);
    // The one that is kept stopped runs while nobody says so.
    assert.deepEqual(since.sort(), ["vzshutdown 911", "vzstart 911"]);
    await unchanged();
    assert.equal(await stack.host("pct", "exec", "910", "--", "cat", "/srv/data/mark"), "precious\n");
  });

  test("is refused, and nothing changed, where its delete would take data along", async () => {
    for (const step of removable.filter((one) => nameOf(one) in refusals)) {
      const before = await hostLines(stack);
      const { code, stdout, stderr } = await stack.pulumi("up", ...replacing([step.urn]));
      assert.notEqual(code, 0, nameOf(step));
      assert.match(stdout + stderr, refusals[nameOf(step)]!);
      assert.deepEqual(difference(before, await hostLines(stack)), [], nameOf(step));
      await unchanged();
    }
    assert.equal(await stack.host("cat", "/tank/scratch/mark"), "precious\n");
  });

  test("is not replaced where the delete takes a guest: the guest is protected", async () => {
    const guests = removable.filter(({ protect }) => protect);
    assert.deepEqual(guests.map(nameOf), ["ct-911-define"]);
    const before = await hostLines(stack);
    const { code, stdout, stderr } = await stack.pulumi("up", ...replacing(guests.map(({ urn }) => urn)));
    assert.notEqual(code, 0);
    assert.match(
      stdout + stderr,
      /unable to replace resource "[^"]*::ct-911-define"\s+as it is currently marked for protection/,
    );
    assert.deepEqual(difference(before, await hostLines(stack)), []);
    await unchanged();
  });
});
