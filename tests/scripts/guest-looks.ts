/** What tests of the looks at guests share: a look finds nothing behind its step, and exactly what was broken. */
import assert from "node:assert/strict";
import { scriptOf } from "../helpers/scripts";
import type { Node } from "./node";

/** One thing that somebody changes by hand. */
export interface Break {
  /** Shell commands on the node. */
  by: string;
  /** What the look says then, all of it. */
  found: string[];
  /** What the step does then; absent where that is of no account. */
  did?: string[];
}

/** A step of a guest with its look, and what they are given. */
export class Looked {
  constructor(
    private readonly node: Node,
    private readonly area: "container" | "vm",
    private readonly step: string,
    private readonly settings: object,
    /** The script, where it is not called as the step. */
    private readonly script = step,
  ) {}

  async converge(): Promise<string[]> {
    const { code, result, stderr } = await this.node.script(scriptOf(this.area, this.script), this.settings);
    assert.equal(code, 0, stderr);
    return result?.did ?? assert.fail(stderr);
  }

  async look(): Promise<string[]> {
    const { code, result, stderr } = await this.node.script(
      scriptOf(this.area, `${this.step}-look`),
      this.settings,
    );
    assert.equal(code, 0, stderr);
    const { changed, deviations } = result as unknown as { changed: boolean; deviations: string[] };
    assert.equal(changed, false);
    return deviations;
  }

  /** Nothing is found; each thing that is broken is found, and the step puts it right. */
  async holds(breaks: Break[]): Promise<void> {
    await this.converge();
    assert.deepEqual(await this.look(), []);
    for (const { by, found, did } of breaks) {
      await this.node.sh(by);
      assert.deepEqual(await this.look(), found, by);
      const done = await this.converge();
      if (did) assert.deepEqual(done, did, by);
      assert.deepEqual(await this.look(), [], by);
    }
  }
}
