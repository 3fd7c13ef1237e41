import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { after, test } from "node:test";
import { Project } from "../helpers/project";

const project = new Project();
after(() => project.remove());

const hypervisor = project.path("environments", "dev", "phoenix_hypervisor_config.json");
const lxc = project.path("environments", "dev", "phoenix_lxc_configs.json");
const files = ["--hypervisor-config", hypervisor, "--lxc-configs", lxc];

type Document = { lxc_configs: Record<string, Record<string, unknown>> };

/** A copy of the containers' file with one change, beside the scripts that it names. */
function changed(name: string, change: (document: Document) => void): string {
  const document = JSON.parse(readFileSync(lxc, "utf8")) as Document;
  change(document);
  const path = project.path("environments", "dev", name);
  writeFileSync(path, JSON.stringify(document));
  return path;
}

test("validate reads the stack's two files", async () => {
  const { code, stdout, stderr } = await project.phoenix("validate", "--stack", "dev");
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
  assert.match(stdout, /^OK: 6 containers, 1 virtual machine, 2 pools, 5 datasets; 0 warnings\.\n$/);
});

test("validate needs no stack when both files are named, and prints a line for each wart", async () => {
  const wart = changed("wart.json", (document) => {
    (document.lxc_configs["900"] as Record<string, unknown>).memory_mbb = 1;
  });
  const { code, stdout, stderr } = await project.phoenix(
    ...["validate", "--stack", "nosuch", "--hypervisor-config", hypervisor, "--lxc-configs", wart],
  );
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
  assert.match(
    stdout,
    /^warning: .*wart\.json: lxc_configs\.900\.memory_mbb: unknown key .*did you mean memory_mb\?\nOK: /,
  );
});

test("warnings of one kind are one line, --all lists each, and a run says how many", async () => {
  const warts = changed("warts.json", (document) => {
    for (const entry of Object.values(document.lxc_configs))
      Object.assign(entry, { storage_class: 1, tier: 2 });
  });
  writeFileSync(
    project.path("Pulumi.warts.yaml"),
    `config:\n  phoenix:hypervisorConfig: ${hypervisor}\n  phoenix:lxcConfigs: ${warts}\n`,
  );
  const short = "environments/dev/warts.json";
  const remedy = "it has no effect; remove it or correct its spelling";
  const { stdout } = await project.phoenix("validate", "--stack", "warts");
  assert.deepEqual(stdout.split("\n").slice(0, 2), [
    `warning: ${short}: lxc_configs.900,901,902,910,…,912.storage_class: unknown key (6 places) — ${remedy}`,
    `warning: ${short}: lxc_configs.900,901,902,910,…,912.tier: unknown key (6 places) — ${remedy}`,
  ]);
  const all = await project.phoenix("validate", "--stack", "warts", "--all");
  assert.equal(all.stdout.match(/^warning: /gm)?.length, 12);
  const json = await project.phoenix("validate", "--stack", "warts", "--json");
  assert.equal((JSON.parse(json.stdout) as { warnings: unknown[] }).warnings.length, 12);
  const run = await project.phoenix("health", "--stack", "warts", "nosuch");
  assert.match(run.stderr, /^warning: 12 warnings in the two files; phoenix validate lists them\n/);
});

test("a mistake is one line, exit code 1, and stops preview before the lab is started", async () => {
  const wrong = changed("wrong.json", (document) => {
    (document.lxc_configs["900"] as Record<string, unknown>).memory_mb = -1;
  });
  writeFileSync(
    project.path("Pulumi.wrong.yaml"),
    `config:\n  phoenix:hypervisorConfig: ${hypervisor}\n  phoenix:lxcConfigs: ${wrong}\n`,
  );
  for (const command of ["validate", "preview", "refresh", "up"]) {
    const { code, stdout, stderr } = await project.phoenix(command, "--stack", "wrong", "--yes");
    assert.equal(code, 1, command);
    assert.equal(stdout, "");
    assert.match(stderr, /^\S*wrong\.json: lxc_configs\.900\.memory_mb: [^\n]+\n$/, command);
  }
  assert.equal(existsSync(project.path(".lab")), false);
});

test("graph draws the order as text, Mermaid and JSON", async () => {
  const text = await project.phoenix("graph", ...files);
  assert.equal(text.code, 0);
  assert.equal(text.stdout.split("\n")[1], "901  template-gpu     clone of 900");
  const mermaid = await project.phoenix("graph", ...files, "--format", "mermaid");
  assert.match(mermaid.stdout, /^flowchart TD\n {2}ct900\["900 template-base"\]\n/);
  const json = await project.phoenix("graph", ...files, "--json");
  assert.deepEqual((JSON.parse(json.stdout) as unknown[])[1], {
    ctid: 901,
    name: "template-gpu",
    bootOrder: (JSON.parse(readFileSync(lxc, "utf8")) as Document).lxc_configs["901"]?.boot_order,
    dependencies: [],
    cloneFrom: 900,
  });
});

/** Command line → exit code, and how many documents standard output is with --json. */
const JSON_OUTPUT: [string[], number, number][] = [
  [["validate"], 0, 1],
  [["validate", "--hypervisor-config", "nosuch", "--lxc-configs", "nosuch"], 1, 1],
  [["graph"], 0, 1],
  [["graph", "--hypervisor-config", "nosuch", "--lxc-configs", "nosuch"], 1, 0],
  [["output", "--engine", "lab"], 0, 1],
  [["up"], 2, 0],
  [["up", "nosuch", "--yes"], 2, 0],
  [["preview", "nosuch"], 2, 0],
  [["refresh"], 2, 0],
  [["destroy"], 2, 0],
  [["destroy", "nosuch", "--yes", "--engine", "lab"], 2, 0],
  [["health", "nosuch"], 2, 0],
  [["start", "nosuch", "--engine", "lab"], 2, 0],
  [["stop", "nosuch", "--engine", "lab"], 2, 0],
  [["adopt"], 2, 0],
  [["lab", "status"], 3, 1],
  [["lab", "info"], 1, 0],
  [["lab", "stats"], 1, 0],
  [["lab", "fault", "nosuch"], 2, 0],
];

test("with --json, standard output is JSON alone, also after a mistake, which standard error tells", async () => {
  for (const [words, code, documents] of JSON_OUTPUT) {
    const said = await project.phoenix(...words, "--json");
    const line = words.join(" ");
    assert.equal(said.code, code, `${line}: ${said.stderr}`);
    if (documents === 1) assert.doesNotThrow(() => JSON.parse(said.stdout), line);
    else {
      assert.equal(said.stdout, "", line);
      assert.notEqual(said.stderr, "", line);
    }
  }
});
