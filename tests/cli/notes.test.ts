import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { planNotes } from "../../cli/notes";
import { chooseScope } from "../../cli/scope";
import { loadEstate } from "../../config/estate";
import { repository } from "../helpers/repository";

const folder = mkdtempSync(join(tmpdir(), "phoenix-notes-"));
after(() => rmSync(folder, { recursive: true }));

const dev = join(repository, "environments", "dev");
const { estate } = loadEstate({
  hypervisorConfig: join(dev, "phoenix_hypervisor_config.json"),
  lxcConfigs: join(dev, "phoenix_lxc_configs.json"),
});

interface Planned {
  op?: string;
  old?: unknown;
  new?: unknown;
}

/** The notes on a preview that plans these steps; an update unless it says otherwise. */
function notes(steps: Record<string, Planned>): string {
  const events = Object.entries(steps).map(([name, { op = "update", ...states }]) => {
    const state = (settings: unknown) =>
      settings === undefined ? null : { inputs: { stdin: JSON.stringify(settings) } };
    const urn = `urn:pulumi:dev::phoenix::command:remote:Command::${name}`;
    return { resourcePreEvent: { metadata: { op, urn, old: state(states.old), new: state(states.new) } } };
  });
  const log = join(folder, "preview.jsonl");
  writeFileSync(log, events.map((event) => JSON.stringify(event)).join("\n"));
  return planNotes(log, chooseScope(estate, "dev", [], new Map([["build-runner", 9004]])));
}

const snapshot = { name: "pre-configured", digest: "one" };
const behind = (template: string, clones: string) =>
  `${template} changes: its snapshot pre-configured is taken again, unless something builds on it. ` +
  `Made before, and left as they are: ${clones}.\n`;

test("a template that changes: the clones that were made before, those by way of other templates too", () => {
  assert.equal(
    notes({ "ct-901-snapshot": { old: snapshot, new: { ...snapshot, digest: "two" } } }),
    behind("CT 901 template-gpu", "CT 911 model-server"),
  );
  assert.equal(
    notes({
      "ct-900-snapshot": { old: snapshot, new: { ...snapshot, digest: "two" } },
      "ct-901-define": { op: "create", new: {} },
    }),
    behind(
      "CT 900 template-base",
      "CT 902 template-docker, CT 910 gateway, CT 911 model-server, CT 912 web-ui",
    ),
  );
});

test("a snapshot step that runs for another reason, and a new template, leave no clone behind", () => {
  assert.equal(
    notes({ "ct-900-snapshot": { old: snapshot, new: { ...snapshot, incarnation: "later" } } }),
    "",
  );
  assert.equal(notes({ "ct-900-snapshot": { old: snapshot, new: { ...snapshot, name: "other" } } }), "");
  assert.equal(notes({ "ct-900-snapshot": { op: "create", new: snapshot } }), "");
  assert.equal(notes({}), "");
});

test("a container that is another than the last run left; one that is new, or has lost its tag, is none", () => {
  assert.equal(
    notes({
      "ct-910-configure": { old: { incarnation: "phoenix-dev+1" }, new: { incarnation: "phoenix-dev+2" } },
      "ct-911-configure": { op: "create", new: { incarnation: "phoenix-dev+3" } },
      "ct-912-configure": { old: { incarnation: "phoenix-dev+4" }, new: {} },
    }),
    "CT 910 gateway was deleted by hand, or went back after a failed step: all its steps run again.\n",
  );
  const fromEarlierVersion = { old: { birth: "phoenix-dev+1" }, new: { incarnation: "phoenix-dev+1" } };
  assert.equal(notes({ "ct-910-configure": fromEarlierVersion }), "");
});

test("a machine that is gone: recreated once the state knows it", () => {
  const incarnations = { old: { incarnation: "phoenix-dev+1" }, new: { incarnation: "phoenix-dev+2" } };
  // The configure step's settings are a secret where they hold a password.
  const steps = { "vm-build-runner-configure": {}, "vm-build-runner-start": incarnations };
  assert.equal(
    notes({ ...steps, "vm-build-runner-define": { op: "create" } }),
    "VM 9004 build-runner was deleted by hand: all its steps run again.\n",
  );
  assert.equal(
    notes(steps),
    "VM 9004 build-runner is not found on the node any more: `phoenix refresh` first, then `phoenix up` recreates it.\n",
  );
});

test("a running guest that restarts: which of its values change, where that can be told", () => {
  const start = (values: unknown) => ({ ctid: 910, restartWhenChanged: values });
  assert.equal(
    notes({
      "ct-910-start": {
        old: start({ hostname: "gateway", features: "nesting=1", rawLines: [] }),
        new: start({ hostname: "door", features: "nesting=1", rawLines: ["lxc.a: b"] }),
      },
      // What a start step waits for may change without a restart.
      "ct-911-start": {
        old: start({ hostname: "a" }),
        new: { ...start({ hostname: "a" }), interface: "eth1" },
      },
      "vm-build-runner-start": { old: "a secret", new: "another" },
    }),
    "CT 910 gateway restarts, if it runs: hostname, rawLines changed.\n" +
      "VM 9004 build-runner restarts, if it runs: its settings hold a secret and are not compared here.\n",
  );
});
