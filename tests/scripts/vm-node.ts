import assert from "node:assert/strict";
import { scriptOf } from "../helpers/scripts";
import type { Answer, Node } from "./node";

/** A cloud image that the lab's network has. */
export const imageUrl = "https://cloud-images.ubuntu.com/noble/current/noble-server-cloudimg-amd64.img";

/** Runs the script of a machine's step. */
export function runVm(node: Node, step: string, settings: object): Promise<Answer> {
  return node.script(scriptOf("vm", step), settings);
}

/** That it ends with one error of ours, its last line; where its log lies does not count. */
export function refused({ code, stderr, result }: Answer, message: string | RegExp): void {
  assert.equal(code, 1, stderr);
  assert.equal(result, undefined);
  const last = stderr
    .trimEnd()
    .split("\n")
    .at(-1)!
    .replace(/ \(all of its output: .*\)$/, "");
  if (typeof message === "string") assert.equal(last, `phoenix: ${message}`);
  else assert.match(last, message);
}
