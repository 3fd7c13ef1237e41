import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { followsReplacementOf, recordProgram, settingsOf, waitsFor } from "./recorder";
import { registerContainer } from "./register";
import { containerSpec } from "./specs";
import { scratch } from "../helpers/scratch";

/** A value that reaches the engine inside a secret. */
function plain(value: unknown): object {
  const secret = value as { value?: object };
  return secret.value ?? secret;
}

test("a container from a template: claim, define, configure, mounts, start, idmap, snapshot, in this order", async () => {
  const program = await recordProgram(() => {
    registerContainer(containerSpec({ templateSnapshot: "pre-configured" }));
  });

  assert.deepEqual(program.names, [
    "ct-900",
    "ct-900-claim",
    "ct-900-configure",
    "ct-900-define",
    "ct-900-guard",
    "ct-900-idmap",
    "ct-900-made-guard",
    "ct-900-mounts",
    "ct-900-snapshot",
    "ct-900-start",
    "proxmox",
  ]);
  const order = ["claim", "define", "configure", "mounts", "start", "idmap", "snapshot"].map(
    (step) => `ct-900-${step}`,
  );
  for (const [index, name] of order.entries()) {
    assert.deepEqual(waitsFor(program.find(name)), index === 0 ? [] : [order[index - 1]], name);
  }
  for (const step of ["configure", "start", "idmap", "snapshot"]) {
    assert.deepEqual(followsReplacementOf(program.find(`ct-900-${step}`)), ["ct-900-define"]);
  }
});

test("the provider creates it stopped, marked as the stack's own, and is kept from what the steps own", async () => {
  const program = await recordProgram(() => {
    registerContainer(containerSpec({ description: "What others are cloned from." }));
  });

  const define = program.find("ct-900-define");
  assert.equal(define.type, "proxmoxve:index/containerLegacy:ContainerLegacy");
  assert.deepEqual(define.inputs, {
    nodeName: "node",
    vmId: 900,
    unprivileged: true,
    description:
      "What others are cloned from.\n\nManaged by Phoenix, stack test. Change it in the files of that stack: a change by hand may be undone by a later run.\n",
    tags: ["phoenix-test"],
    operatingSystem: { templateFileId: "tank-iso:vztmpl/ubuntu-24.04.tar.zst", type: "ubuntu" },
    disk: { datastoreId: "tank-lxc", size: 32 },
    cpu: { cores: 2 },
    memory: { dedicated: 2048, swap: 512 },
    initialization: {
      hostname: "Template-Base",
      ipConfigs: [{ ipv4: { address: "10.0.0.200/24", gateway: "10.0.0.1" } }],
    },
    networkInterfaces: [{ name: "eth0", bridge: "vmbr0", macAddress: "52:54:00:AA:BB:CC" }],
    features: { nesting: true },
    started: false,
    startOnBoot: false,
    timeoutCreate: 600,
    timeoutUpdate: 120,
  });
  assert.equal(define.options.protect, true);
  assert.equal(define.options.deleteBeforeReplace, true);
  for (const property of [
    "mountPoints",
    "devicePassthroughs",
    "idmaps",
    "features",
    "started",
    "operatingSystem",
  ]) {
    assert.ok(define.options.ignoreChanges?.includes(property), property);
  }
  assert.ok(!define.options.ignoreChanges?.includes("cpu"));
});

test("nesting is there when it is made, where any API user may give it", async () => {
  const features = async (over: Parameters<typeof containerSpec>[0]) => {
    const program = await recordProgram(() => {
      registerContainer(containerSpec(over));
    });
    return program.find("ct-900-define").inputs.features;
  };
  assert.deepEqual(await features({ pctFeatures: { nesting: "1" } }), { nesting: true });
  assert.equal(await features({ pctFeatures: { nesting: "0", keyctl: "1" } }), undefined);
  assert.equal(await features({ pctFeatures: {} }), undefined);
  assert.equal(await features({ pctFeatures: { nesting: "1" }, unprivileged: false }), undefined);
});

test("a clone is one step that makes and removes it, replaced only when its identity changes", async () => {
  const program = await recordProgram(() => {
    const spec = containerSpec({
      ctid: 901,
      name: "Template-GPU",
      template: undefined,
      cloneFrom: { ctid: 900, snapshot: "pre-configured" },
    });
    registerContainer(spec);
  });

  const define = program.find("ct-901-define");
  assert.equal(define.type, "command:remote:Command");
  assert.deepEqual(settingsOf(define), {
    adopt: false,
    ctid: 901,
    hostname: "Template-GPU",
    snapshot: "pre-configured",
    source: 900,
    storage: "tank-lxc",
    tag: "phoenix-test",
  });
  assert.deepEqual(define.inputs.triggers, [901, 900, "pre-configured", "tank-lxc"]);
  assert.equal(define.options.protect, true);
  assert.equal(define.options.deleteBeforeReplace, true);
  assert.match(String(define.inputs.delete), /pct destroy/);
  assert.equal(program.find("ct-901-configure").inputs.delete, undefined);
});

test("a container that may be recreated is unprotected", async () => {
  const program = await recordProgram(() => {
    registerContainer(containerSpec(), { protect: false });
  });
  assert.equal(program.find("ct-900-define").options.protect, false);
});

test("before the provider deletes a container, a step looks whose it is", async () => {
  const program = await recordProgram(() => {
    registerContainer(containerSpec());
  });
  const { inputs } = program.find("ct-900-configure");
  assert.match(String(inputs.delete), /exists_as_ours "\$\(guest_conf "\$ctid"\)" "\$tag"/);
});

test("configure and start get exactly what the entry says", async () => {
  const rawLines = ["lxc.apparmor.profile: unconfined"];
  const program = await recordProgram(() => {
    registerContainer(containerSpec({ rawLines, startAtBoot: true, bootOrder: 3 }));
  });

  assert.deepEqual(settingsOf(program.find("ct-900-configure")), {
    ctid: 900,
    diskGb: 32,
    madeFrom: {
      osType: "ubuntu",
      storage: "tank-lxc",
      template: "tank-iso:vztmpl/ubuntu-24.04.tar.zst",
      unprivileged: true,
    },
    net0: {
      bridge: "vmbr0",
      gw: "10.0.0.1",
      hwaddr: "52:54:00:AA:BB:CC",
      ip: "10.0.0.200/24",
      name: "eth0",
      type: "veth",
    },
    rawLines,
    tag: "phoenix-test",
    values: {
      cores: 2,
      description:
        "Managed by Phoenix, stack test. Change it in the files of that stack: a change by hand may be undone by a later run.\n",
      features: "keyctl=1,nesting=1",
      hostname: "Template-Base",
      memory: 2048,
      onboot: 1,
      startup: "order=3,up=5,down=5",
      swap: 512,
    },
  });
  assert.deepEqual(settingsOf(program.find("ct-900-start")), {
    ctid: 900,
    interface: "eth0",
    restartWhenChanged: { features: "keyctl=1,nesting=1", hostname: "Template-Base", rawLines },
    tag: "phoenix-test",
  });
});

test("the hook runs last, with its text as an input", async () => {
  const program = await recordProgram(() => {
    const hook = { name: "phoenix_hypervisor_setup_900", script: { script: "echo done\n" } };
    registerContainer(containerSpec({ templateSnapshot: "s" }), { hook });
  });
  const step = program.find("ct-900-hook");
  assert.deepEqual(waitsFor(step), ["ct-900-snapshot"]);
  assert.deepEqual(settingsOf(step), {
    ctid: 900,
    tag: "phoenix-test",
    config: { id_maps: [] },
    environment: { PHOENIX_CTID: "900", PHOENIX_HOSTNAME: "Template-Base", PHOENIX_STACK: "test" },
    name: "phoenix_hypervisor_setup_900",
    script: "echo done\n",
  });
});

test("everything an entry can ask for, one step each, in the order of a container's life", async () => {
  const folder = scratch();
  writeFileSync(join(folder, "app.sh"), "echo app\n");
  writeFileSync(join(folder, "feature_ollama.sh"), "echo ollama\n");
  const nvidia = {
    version: "580.76.05",
    runfileUrl: "https://us.download.nvidia.com/driver.run",
    cudaVersion: "12.8",
    cudaRepositories: "https://developer.download.nvidia.com/compute/cuda/repos",
  };
  const program = await recordProgram(() => {
    const spec = containerSpec({
      mounts: [
        { volume: "models", source: "/tank/models", target: "/models", readOnly: true },
        { name: "data", storage: "tank-volumes", sizeGb: 10, target: "/data", readOnly: false },
      ],
      gpus: ["0"],
      usesDriver: true,
      features: [
        { name: "base_setup" },
        { name: "nvidia" },
        { name: "ollama", script: join(folder, "feature_ollama.sh") },
      ],
      applicationScript: join(folder, "app.sh"),
      healthCheck: { command: "curl -f http://localhost", retries: 5, interval: 2, timeLimit: 10 },
    });
    registerContainer(spec, { nvidia });
  });
  const order = [
    ...["define", "configure", "mounts", "start", "idmap", "nvidia-driver"],
    ...["feature-base_setup", "feature-nvidia", "feature-ollama", "application", "health"],
  ].map((step) => `ct-900-${step}`);
  for (const [index, name] of order.slice(1).entries()) {
    assert.deepEqual(waitsFor(program.find(name)), [order[index]], name);
    assert.deepEqual(followsReplacementOf(program.find(name)), ["ct-900-define"], name);
  }
  const settings = (step: string) => settingsOf(program.find(`ct-900-${step}`));
  assert.deepEqual(settings("mounts"), {
    ctid: 900,
    tag: "phoenix-test",
    mounts: [
      { source: "/tank/models", target: "/models", readOnly: true },
      { name: "data", storage: "tank-volumes", sizeGb: 10, target: "/data", readOnly: false },
    ],
  });
  assert.deepEqual(settings("idmap"), {
    ctid: 900,
    tag: "phoenix-test",
    users: ["0 100000 65536"],
    groups: ["0 100000 65536"],
    folders: [{ source: "/tank/models", target: "/models" }],
  });
  assert.deepEqual(settings("nvidia-driver"), {
    ctid: 900,
    tag: "phoenix-test",
    version: "580.76.05",
    runfileUrl: "https://us.download.nvidia.com/driver.run",
  });
  const { script, ...nvidiaFeature } = settings("feature-nvidia");
  assert.match(String(script), /^#!\/usr\/bin\/env bash\n# Joined in front of every built-in feature/);
  assert.deepEqual(nvidiaFeature["environment"], {
    PHOENIX_CUDA_REPOSITORIES: "https://developer.download.nvidia.com/compute/cuda/repos",
    PHOENIX_CUDA_VERSION: "12.8",
    PHOENIX_DRIVER_VERSION: "580.76.05",
  });
  assert.equal(settings("feature-ollama")["script"], "echo ollama\n");
  assert.deepEqual(settings("feature-ollama")["environment"], {
    PHOENIX_CTID: "900",
    PHOENIX_GPU: "1",
    PHOENIX_HOSTNAME: "Template-Base",
    PHOENIX_STACK: "test",
  });
  assert.deepEqual(settings("application")["config"], { lxc_configs: { "900": { id_maps: [] } } });
  const { after, ...health } = settings("health");
  assert.match(String(after), /^[0-9a-f]{16}$/);
  assert.deepEqual(health, {
    ctid: 900,
    tag: "phoenix-test",
    command: "curl -f http://localhost",
    retries: 5,
    interval: 2,
    timeLimit: 10,
    gpu: true,
  });
});

test("every command of a host: one shape of connection, no environment, no previous output, nothing secret in its text", async () => {
  const program = await recordProgram(() => {
    registerContainer(containerSpec({ templateSnapshot: "s" }));
  });
  const commands = program.registered.filter((resource) => resource.type === "command:remote:Command");
  assert.equal(commands.length, 6);
  for (const { inputs } of commands) {
    assert.deepEqual(Object.keys(plain(inputs.connection)).sort(), [
      "dialErrorLimit",
      "host",
      "hostKey",
      "perDialTimeout",
      "port",
      "privateKey",
      "user",
    ]);
    assert.equal(inputs.addPreviousOutputInEnv, false);
    assert.equal(inputs.environment, undefined);
    assert.equal(inputs.logging, "stderr");
    assert.match(String(inputs.create), /^#!\/usr\/bin\/env bash\n# Joined in front of every host script/);
  }
});
