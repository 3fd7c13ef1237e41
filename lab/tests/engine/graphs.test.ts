import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import * as grpc from "@grpc/grpc-js";
import { ResourceMonitorClient } from "@pulumi/pulumi/proto/resource_grpc_pb";
import * as pb from "@pulumi/pulumi/proto/resource_pb";
import fc from "fast-check";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { Events } from "../../engine/core/events";
import { runOperation, type RunResult } from "../../engine/core/run";
import type { Ending, RunningProgram } from "../../engine/rpc/program";
import { loadResource, Sealer, verifyIntegrity, type Deployment } from "../../engine/store/serialize";
import { Crypter } from "../../engine/store/secrets";

/** One resource of a program: it stands on some of those before it. */
interface Node {
  name: string;
  needs: string[];
  value: number;
  trigger: number;
  deleteFirst: boolean;
  fail?: boolean;
  die?: boolean;
}

const folder = mkdtempSync(join(tmpdir(), "engine-graphs-"));
let sealer: Sealer;
let salt: string;

before(async () => {
  const crypter = await Crypter.create("test");
  sealer = new Sealer(crypter);
  salt = crypter.salt;
  process.env["PATH"] = `${join(__dirname, "probe")}${delimiter}${process.env["PATH"]}`;
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** A world, the state of its stack, and programs run on it. */
class World {
  readonly path = mkdtempSync(join(folder, "world-"));
  deployment: Deployment | undefined;
  diagnostics: string[] = [];

  async run(nodes: Node[], kind: "update" | "destroy" = "update"): Promise<RunResult> {
    writeFileSync(join(this.path, "log"), "");
    process.env["PROBE_WORLD"] = this.path;
    const events = new Events();
    this.diagnostics = [];
    events.listen((e) => e.diagnosticEvent && this.diagnostics.push(e.diagnosticEvent.message));
    const state = this.deployment;
    mkdirSync(join(this.path, "project"), { recursive: true });
    return runOperation(
      {
        kind,
        project: {
          root: this.path,
          name: "g",
          runtime: "nodejs",
          options: {},
          main: "",
          stackConfigDir: "",
          config: {},
        },
        stack: "dev",
        config: new Map(),
        dryRun: false,
        parallel: 16,
        continueOnError: true,
        showSecrets: false,
        targets: [],
        targetDependents: false,
        excludes: [],
        excludeDependents: false,
        replace: [],
        refreshFirst: false,
        debug: false,
        prev: (state?.resources ?? []).map((r) => loadResource(r, sealer)),
        pending: [],
        sealer,
        salt,
        save: {
          write: async (text) => {
            await sleep(1);
            this.deployment = JSON.parse(text.toString()) as Deployment;
          },
          writeNow: (text) => (this.deployment = JSON.parse(text.toString()) as Deployment),
        },
        events,
        startProgram: (address) => register(address, nodes),
      },
      { onInterrupt: () => undefined },
    );
  }

  log(): string[] {
    return readFileSync(join(this.path, "log"), "utf8").split("\n").filter(Boolean);
  }

  /** What is really there, by name; a name twice shows as such. */
  live(): Record<string, unknown>[] {
    return readdirSync(this.path)
      .filter((f) => f.endsWith(".json"))
      .map((f) => JSON.parse(readFileSync(join(this.path, f), "utf8")) as Record<string, unknown>)
      .sort((a, b) => String(a["name"]).localeCompare(String(b["name"])));
  }
}

const inputsOf = (n: Node): Record<string, string | number | boolean> => ({
  name: n.name,
  value: n.value,
  trigger: n.trigger,
  ...(n.fail ? { fail: true } : {}),
  ...(n.die ? { die: true } : {}),
});

/** A program that speaks the monitor's protocol itself: each resource as soon as those it needs are done. */
function register(address: string, nodes: Node[]): RunningProgram {
  const client = new ResourceMonitorClient(address, grpc.credentials.createInsecure());
  const done = new Map<string, Promise<string | undefined>>();
  for (const n of nodes) {
    done.set(
      n.name,
      (async () => {
        const needs = await Promise.all(n.needs.map((need) => done.get(need) ?? Promise.resolve(undefined)));
        // As the SDK: what stands on a failed resource is not registered.
        if (needs.some((urn) => urn === undefined)) return undefined;
        const request = new pb.RegisterResourceRequest();
        request.setType("probe:index:Thing");
        request.setName(n.name);
        request.setCustom(true);
        request.setObject(Struct.fromJavaScript(inputsOf(n)));
        request.setDependenciesList(needs as string[]);
        request.setDeletebeforereplace(n.deleteFirst);
        request.setDeletebeforereplacedefined(true);
        request.setAcceptsecrets(true);
        request.setSupportsresultreporting(true);
        return new Promise<string | undefined>((resolve) => {
          client.registerResource(request, (error, response) =>
            resolve(error || response.getResult() !== pb.Result.SUCCESS ? undefined : response.getUrn()),
          );
        });
      })(),
    );
  }
  const ended = Promise.all(done.values()).then((urns): Ending => {
    client.close();
    return urns.includes(undefined) ? { ok: false, message: "" } : { ok: true };
  });
  return { ended, stop: () => undefined };
}

const NAMES = ["a", "b", "c", "d", "e", "f", "g"];
const graph: fc.Arbitrary<Node[]> = fc
  .array(
    fc.record({
      keep: fc.boolean(),
      needs: fc.array(fc.nat(5), { maxLength: 3 }),
      value: fc.nat(2),
      trigger: fc.nat(1),
      deleteFirst: fc.boolean(),
    }),
    { minLength: NAMES.length, maxLength: NAMES.length },
  )
  .map((drawn) => {
    const nodes: Node[] = [];
    drawn.forEach((d, i) => {
      if (!d.keep) return;
      const needs = [...new Set(d.needs.filter((k) => k < nodes.length).map((k) => nodes[k]?.name ?? ""))];
      nodes.push({
        name: NAMES[i] ?? "",
        needs,
        value: d.value,
        trigger: d.trigger,
        deleteFirst: d.deleteFirst,
      });
    });
    return nodes;
  });

function assertConverged(world: World, nodes: Node[]): void {
  const wanted = nodes.map(inputsOf).sort((a, b) => String(a["name"]).localeCompare(String(b["name"])));
  assert.deepEqual(world.live(), wanted);
  const stored = (world.deployment?.resources ?? []).filter((r) => r.type === "probe:index:Thing");
  const inState = stored.map((r) => r["inputs"] as Record<string, unknown>);
  assert.deepEqual(
    inState.sort((a, b) => String(a["name"]).localeCompare(String(b["name"]))),
    wanted,
  );
  assert.equal(
    stored.some((r) => r["delete"] || r["pendingReplacement"]),
    false,
  );
  verifyIntegrity(world.deployment?.resources ?? []);
}

/** Nothing is made before what it needs, nothing goes while what needs it is still there. */
function assertOrder(log: string[], nodes: Node[], olds: Node[]): void {
  const at = (line: string): number => log.indexOf(line);
  for (const n of nodes) {
    for (const need of n.needs) {
      for (const mine of [`create ${n.name}`, `update ${n.name}`]) {
        for (const theirs of [`create ${need}`, `update ${need}`]) {
          if (at(mine) >= 0 && at(theirs) >= 0)
            assert.ok(at(theirs) < at(mine), `${mine} before ${theirs}: ${log.join(", ")}`);
        }
      }
    }
  }
  const gone = (name: string): boolean => !nodes.some((n) => n.name === name);
  for (const n of olds.filter((o) => gone(o.name))) {
    for (const need of n.needs.filter(gone)) {
      const [mine, theirs] = [at(`delete ${n.name}`), at(`delete ${need}`)];
      assert.ok(mine >= 0 && mine < theirs, `delete ${need} before ${n.name}: ${log.join(", ")}`);
    }
  }
}

test("whatever is edited, the world and the state come to equal the program, in an order that respects every need", async () => {
  await fc.assert(
    fc.asyncProperty(graph, graph, async (first, second) => {
      const world = new World();
      assert.equal((await world.run(first)).result, "succeeded", world.diagnostics.join());
      assertConverged(world, first);
      assertOrder(world.log(), first, []);
      assert.equal((await world.run(second)).result, "succeeded", world.diagnostics.join());
      assertConverged(world, second);
      assertOrder(world.log(), second, first);
      await world.run(second);
      assert.deepEqual(world.log(), []);
      assert.equal((await world.run([], "destroy")).result, "succeeded");
      assert.deepEqual([world.live(), world.deployment?.resources ?? []], [[], []]);
      assertOrder(world.log(), [], second);
    }),
    { numRuns: Number(process.env["ENGINE_GRAPHS"] ?? 12) },
  );
});

test("a failure anywhere leaves a state from which the next run converges", async () => {
  await fc.assert(
    fc.asyncProperty(graph, graph, fc.nat(6), async (first, second, victim) => {
      const world = new World();
      await world.run(first);
      const broken = second.map((n, i) => (i === victim % second.length ? { ...n, fail: true } : n));
      const failed = await world.run(broken);
      if (broken.some((n) => n.fail)) assert.equal(failed.result, "failed");
      verifyIntegrity(world.deployment?.resources ?? []);
      assert.equal((await world.run(second)).result, "succeeded", world.diagnostics.join());
      assertConverged(world, second);
    }),
    { numRuns: Number(process.env["ENGINE_GRAPHS"] ?? 12) },
  );
});

test("a plugin that dies in the middle is told once, and the next run converges", async () => {
  const world = new World();
  const node = (name: string, more: Partial<Node> = {}): Node => ({
    ...{ name, needs: [], value: 1, trigger: 1, deleteFirst: false },
    ...more,
  });
  const result = await world.run([node("a", { die: true }), node("b", { needs: ["a"] })]);
  assert.equal(result.result, "failed");
  assert.deepEqual(
    world.diagnostics.filter((d) => d.includes("plugin")),
    ["resource plugin pulumi-resource-probe exited unexpectedly (exit status 7)\n"],
  );
  const whole = [node("a"), node("b", { needs: ["a"] })];
  assert.equal((await world.run(whole)).result, "succeeded", world.diagnostics.join());
  assertConverged(world, whole);
});
