import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { chooseScope } from "../../cli/scope";
import { failureText } from "../../cli/summary";
import { loadEstate } from "../../config/estate";
import { repository } from "../helpers/repository";

const folder = mkdtempSync(join(tmpdir(), "phoenix-summary-"));
after(() => rmSync(folder, { recursive: true }));
const log = join(folder, "events.jsonl");

const dev = join(repository, "environments", "dev");
const { estate } = loadEstate({
  hypervisorConfig: join(dev, "phoenix_hypervisor_config.json"),
  lxcConfigs: join(dev, "phoenix_lxc_configs.json"),
});

const urn = (name: string) => `urn:pulumi:dev::phoenix::command:remote:Command::${name}`;

interface Run {
  failed: string[];
  /** CTIDs, or the name of the machine. */
  defined: (number | string)[];
  message?: string;
}

/** What is said after an `up` of these guests in which steps failed and the defining ones of others ended. */
function summary(words: (number | string)[], run: Run, chosen?: Map<string, number>): string {
  const events = [
    ...run.defined.map((id) => ({
      resOutputsEvent: {
        metadata: { op: "same", urn: urn(`${typeof id === "number" ? "ct" : "vm"}-${id}-define`) },
      },
    })),
    ...run.failed.flatMap((name) => [
      { resOpFailedEvent: { metadata: { op: "create", urn: urn(name) } } },
      { diagnosticEvent: { urn: urn(name), severity: "error", message: run.message ?? "no" } },
    ]),
  ];
  const all = [...events, { summaryEvent: { result: "failed" } }];
  writeFileSync(log, all.map((event) => JSON.stringify(event)).join("\n"));
  return failureText({
    stack: "dev",
    command: "up",
    log,
    scope: chooseScope(estate, "dev", words.map(String), chosen),
  });
}

const end = (command: string) =>
  `What does not depend on them is done. Mend the cause and run \`${command}\` again: it goes on where this one stopped.\n` +
  `All events: ${log}\n`;

test("a template that fails stops what is cloned from it, through every step", () => {
  assert.equal(
    summary([], {
      failed: ["ct-901-nvidia-driver"],
      defined: [900, 901, 902, 910, "build-runner"],
      message: "no kernel",
    }),
    "\n1 step failed:\n\n  create ct-901-nvidia-driver (command:remote:Command)\n    no kernel\n\n" +
      "4 of 7 guests done:\n" +
      "  CT 901 template-gpu: failed at nvidia-driver\n" +
      "  CT 911 model-server: skipped, it needs CT 901 template-gpu\n" +
      "  CT 912 web-ui: skipped, it needs CT 901 template-gpu\n" +
      end("phoenix up"),
  );
});

test("a step of the host that fails stops the containers that use what it makes", () => {
  const text = summary([912], {
    failed: ["host-zfs-storage-tank-volumes"],
    defined: [900, 901, 902, 910, 911],
  });
  assert.equal(
    text.slice(text.indexOf("5 of")),
    "5 of 6 containers done:\n  CT 912 web-ui: skipped, it needs host-zfs-storage-tank-volumes\n" +
      end("phoenix up 912"),
  );
  const none = summary([900], { failed: ["host-setup-repositories"], defined: [] });
  assert.match(
    none,
    /\n0 of 1 container done:\n {2}CT 900 template-base: skipped, it needs host-setup-repositories\n/,
  );
});

test("a hook and the host's own shares stop no container; one that was not reached is not called skipped", () => {
  const defined = [900, 901, 902, 910, 911];
  const text = summary(["containers"], { failed: ["ct-910-hook", "host-samba-conf"], defined });
  assert.equal(
    text.slice(text.indexOf("4 of")),
    "4 of 6 containers done:\n  CT 910 gateway: failed at hook\n  CT 912 web-ui: not reached\n" +
      end("phoenix up containers"),
  );
});

test("a machine that fails, one that is skipped for a container, and one whose image is not there", () => {
  const defined = [900, 910];
  const failed = summary(["vms"], { failed: ["vm-build-runner-script-build_runner"], defined });
  assert.equal(
    failed.slice(failed.indexOf("2 of")),
    "2 of 3 guests done:\n  VM build-runner: failed at script-build_runner\n" + end("phoenix up vms"),
  );
  const skipped = summary(
    ["9004"],
    { failed: ["ct-910-health"], defined },
    new Map([["build-runner", 9004]]),
  );
  assert.equal(
    skipped.slice(skipped.indexOf("1 of")),
    "1 of 3 guests done:\n  CT 910 gateway: failed at health\n" +
      "  VM 9004 build-runner: skipped, it needs CT 910 gateway\n" +
      end("phoenix up 9004"),
  );
  const image = "vms-image-phoenix-noble-server-cloudimg-amd64.qcow2";
  assert.match(
    summary(["build-runner"], { failed: [image], defined }),
    new RegExp(`\n {2}VM build-runner: skipped, it needs ${image.replaceAll(".", "\\.")}\n`),
  );
});

const pre = (name: string) => ({ resourcePreEvent: { metadata: { op: "create", urn: urn(name) } } });
const ended = (name: string) => ({ resOutputsEvent: { metadata: { op: "create", urn: urn(name) } } });
const failedStep = (name: string) => [
  { resOpFailedEvent: { metadata: { op: "create", urn: urn(name) } } },
  { diagnosticEvent: { urn: urn(name), severity: "error", message: "no" } },
];
const whole = (...names: string[]) => names.flatMap((name) => [pre(name), ended(name)]);

/** What is said after a run of two containers with these events. */
function interrupted(...events: object[]): string {
  writeFileSync(log, events.map((event) => JSON.stringify(event)).join("\n"));
  return failureText({ stack: "dev", command: "up", log, scope: chooseScope(estate, "dev", ["900", "910"]) });
}
const done900 = whole(
  ...["claim", "define", "configure", "mounts", "start", "idmap", "feature-base_setup", "snapshot"].map(
    (step) => `ct-900-${step}`,
  ),
);
const cutOff910 = [...whole("ct-910-define", "ct-910-configure"), pre("ct-910-start")];
const goOn =
  "What was cut off may still run on the host; it is done again. " +
  "Run `phoenix up 900 910` again: it goes on where this one stopped.\n";

test("a run stopped at once (Ctrl-C twice, or an engine that was killed) names what was cut off", () => {
  const text = interrupted(...done900, ...cutOff910);
  assert.equal(
    text,
    "\ninterrupted: 1 step cut off:\n\n  ct-910-start\n\n1 of 2 containers done:\n" +
      `  CT 910 gateway: cut off at start\n${goOn}All events: ${log}\n`,
  );
});

test("one that failed beside it is told as failed, once", () => {
  const text = interrupted(
    ...cutOff910,
    ...whole("ct-900-define"),
    pre("ct-900-configure"),
    ...failedStep("ct-900-configure"),
  );
  assert.match(text, /^\ninterrupted: 1 step cut off:\n\n {2}ct-910-start\n\n1 step failed:\n/);
  assert.match(
    text,
    /\n0 of 2 containers done:\n {2}CT 900 \S+: failed at configure\n {2}CT 910 gateway: cut off at start\n/,
  );
  assert.match(text, /Run `phoenix up 900 910` again, the cause mended: it goes on/);
});

test("a run stopped between steps (Ctrl-C once) tells a guest that is not finished, and one not begun", () => {
  const summed = { summaryEvent: { result: "canceled" } };
  const text = interrupted(...whole("ct-900-define", "ct-900-configure"), summed);
  assert.equal(
    text,
    "\ninterrupted: up was stopped between steps.\n\n0 of 2 containers done:\n" +
      "  CT 900 template-base: not finished\n  CT 910 gateway: not begun\n" +
      `Run \`phoenix up 900 910\` again: it goes on where this one stopped.\nAll events: ${log}\n`,
  );
  // Pulumi's own summary has no result.
  const said = { diagnosticEvent: { severity: "error", message: "<{%reset%}>update canceled<{%reset%}>\n" } };
  assert.match(interrupted(...done900, said, { summaryEvent: {} }), /^\ninterrupted: up was stopped/);
});

test("a run that came to its end is not called interrupted", () => {
  const text = interrupted(...done900, pre("ct-910-define"), ...failedStep("ct-910-define"), {
    summaryEvent: {},
  });
  assert.doesNotMatch(text, /interrupted/);
});

test("a preview changes nothing, and says nothing of containers", () => {
  summary([], { failed: ["ct-900-claim"], defined: [] });
  const scope = chooseScope(estate, "dev", []);
  assert.equal(
    failureText({ stack: "dev", command: "preview", log, scope }),
    "\n1 step failed:\n\n  create ct-900-claim (command:remote:Command)\n    no\n\n" +
      `Nothing was changed.\nAll events: ${log}\n`,
  );
});

test("a container that is protected: how it may be recreated, or go", () => {
  const text = summary([900], { failed: ["ct-900-define"], defined: [], message: "it is protected" });
  assert.match(
    text,
    /\nCT 900 would be deleted, with its root disk: Phoenix protects containers from that\. /,
  );
  assert.match(
    text,
    /pulumi config set --stack dev --path 'phoenix:allowRecreate\[0\]' 900\n {2}when its entry is gone: {2}phoenix destroy 900\n/,
  );
});

test("a machine that is protected, by the VMID that the node chose", () => {
  const text = summary(
    [],
    { failed: ["vm-build-runner-define"], defined: [], message: "it is protected" },
    new Map([["build-runner", 9004]]),
  );
  assert.match(
    text,
    /\nVM 9004 would be deleted, with its disk: Phoenix protects virtual machines from that\. [^\n]*\n[^\n]*'phoenix:allowRecreate\[0\]' 9004\n {2}when its entry is gone: {2}phoenix destroy 9004\n/,
  );
});

test("what Proxmox VE's API refused stands first, before what was being done and how often it was tried", () => {
  const text = summary([900], {
    failed: ["ct-900-define"],
    defined: [],
    message:
      "1 error occurred:\n\t* error creating container: All attempts fail:\n#1: the requested resource already exists\n" +
      "received an HTTP 500 response - Reason: CT 900 already exists on node 'phoenix'\n\n",
  });
  assert.match(
    text,
    /create ct-900-define \([^)]*\)\n {4}Proxmox VE answered 500: CT 900 already exists on node 'phoenix'\n {4}1 error occurred:\n/,
  );
});
