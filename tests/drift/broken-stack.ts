/** A stack on the lab that somebody changes by hand: what is told of it, and that one `up` puts it right. */
import assert from "node:assert/strict";
import type { ScriptStep } from "../../plan/step";
import type { LabStack } from "../helpers/lab";
import { foundAfter, inOrder, type Row, rowsOf } from "./table";

/** Runs each, and fails with the place and the words of the first that fails. */
const inTurn = (commands: readonly string[]): string =>
  commands
    .map(
      (command, place) =>
        `{ ${command}\n} </dev/null >/run/said 2>&1 || { echo "change ${place}:"; cat /run/said; exit 1; } >&2`,
    )
    .join("\n");

export class BrokenStack {
  readonly rows: Row[];
  /** Whether somebody's changes stand that were not put right. */
  isBroken = false;

  constructor(
    private readonly stack: LabStack,
    steps: readonly ScriptStep[],
  ) {
    this.rows = rowsOf(steps);
  }

  /** Makes these changes at once: exactly their texts are told. */
  async breaks(rows: readonly Row[]): Promise<void> {
    this.isBroken = true;
    await this.stack.host("bash", "-c", inTurn(rows.map(({ by }) => by)));
    assert.deepEqual(await this.found(), foundAfter(rows), rows.map(({ by }) => by).join("\n"));
  }

  /** One `up`, and nothing is left. */
  async isRepaired(): Promise<void> {
    await this.stack.done("up", "--yes");
    const { code, stdout, stderr } = await this.stack.phoenix("preview", "--expect-no-changes");
    assert.equal(code, 0, stdout + stderr);
    assert.doesNotMatch(stdout + stderr, /has drifted|could not be looked at/);
    this.isBroken = false;
  }

  /** Takes a change back that no step can. */
  async undo({ undo = "true" }: Row): Promise<void> {
    await this.stack.host("bash", "-c", inTurn([undo]));
    assert.deepEqual(await this.found(), {});
    this.isBroken = false;
  }

  private async found(): Promise<Record<string, string[]>> {
    const { stdout, stderr } = await this.stack.phoenix("drift", "--json");
    assert.ok(stdout.startsWith("{"), stderr);
    const { drifted, failed } = JSON.parse(stdout) as Record<"drifted" | "failed", Record<string, string[]>>;
    assert.deepEqual(failed, {});
    return inOrder(drifted);
  }
}
