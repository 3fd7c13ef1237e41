import { existsSync, mkdirSync, readdirSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { TestContext } from "node:test";
import { TestProject, type StateResource } from "./project";

export interface Thing {
  name: string;
  value: number;
  trigger: number;
}

/** A project whose resources are `Thing`s of the probe plugin: what is really there is a file each. */
export class WorldProject extends TestProject {
  private readonly world: string;

  constructor(t: TestContext, program: string) {
    super(t, "");
    this.world = this.path("world");
    mkdirSync(this.world);
    writeFileSync(join(this.world, "log"), "");
    this.environment["PROBE_WORLD"] = this.world;
    this.environment["PATH"] = `${join(__dirname, "probe")}${delimiter}${process.env["PATH"]}`;
    this.things(program);
    this.must("stack", "init", "dev");
  }

  /** The program: `thing(name, inputs, options)` is there to be used. */
  things(program: string): void {
    this.program(
      `class Thing extends pulumi.CustomResource {
         constructor(name, inputs, options) {
           super("probe:index:Thing", name, { name, value: 1, trigger: 1, ...inputs }, options);
         }
       }
       const thing = (name, inputs = {}, options = {}) => new Thing(name, inputs, options);
       ${program}`,
    );
  }

  /** What the plugin was asked to do since the last call. */
  done(): string[] {
    const file = join(this.world, "log");
    const lines = readFileSync(file, "utf8").split("\n").filter(Boolean);
    writeFileSync(file, "");
    return lines;
  }

  put(id: string, thing: Thing): void {
    writeFileSync(join(this.world, `${id}.json`), JSON.stringify(thing));
  }

  get(id: string): Thing | undefined {
    const file = join(this.world, `${id}.json`);
    return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Thing) : undefined;
  }

  take(id: string): void {
    unlinkSync(join(this.world, `${id}.json`));
  }

  ids(): string[] {
    return readdirSync(this.world)
      .filter((f) => f.endsWith(".json"))
      .map((f) => f.slice(0, -".json".length))
      .sort();
  }

  /** The state's things by their name in the program. */
  stored(): Record<string, StateResource> {
    const things = this.state().resources.filter((r) => r.type === "probe:index:Thing");
    return Object.fromEntries(things.map((r) => [r.urn.split("::").at(-1) ?? "", r]));
  }
}
