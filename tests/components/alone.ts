import assert from "node:assert/strict";
import { join } from "node:path";
import { capture } from "../../cli/process";

/**
 * What a program of this folder prints as JSON, run in a process of its own: node:test follows every promise of its
 * process, and the SDK makes a hundred thousand of them where a whole estate is registered many times.
 */
export async function answerOf<T>(program: string): Promise<T> {
  const { code, stdout, stderr } = await capture(process.execPath, [
    // What one registration of an estate leaves is 60 MB: it is given up as a whole, not looked through piece by piece.
    ...["--min-semi-space-size=64", "--max-semi-space-size=64"],
    ...["--require", "./scripts/typescript.js"],
    join(__dirname, program),
  ]);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as T;
}
