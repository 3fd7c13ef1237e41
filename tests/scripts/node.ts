import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { scriptText } from "../../components/host/script";
import * as control from "../../lab/host/control";
import { defaultMachine, readMachine } from "../../lab/host/machine/machineFile";
import type { Machine } from "../../lab/host/types";
import { onHost, type OnHost } from "../../lab/tests/machine/onHost";
import { labFault } from "../helpers/fault";
import { scriptOf } from "../helpers/scripts";

const root = join(__dirname, "..", "..");

/** Tag of the stack that the guests of these tests are of. */
export const tag = "phoenix-test";

/** What a stack tells the host's first step. */
export const registration = { tag, identity: "test", setUp: true };

/** What a script answered. */
export interface Answer {
  code: number;
  /** The result line; undefined when the script failed before it. */
  result?: { changed: boolean; did: string[] };
  stderr: string;
}

/** Beside the lab's folder, which holds nothing that the lab did not make. */
const machineFile = (dir: string) => `${dir}.json`;

/** A lab machine of a test's own, new and empty, reached as a node is. */
export class Node {
  private constructor(private readonly dir: string) {}

  /** @param over what is different from the machine that the lab has by itself */
  static async start(over: Partial<Machine> = {}): Promise<Node> {
    const dir = mkdtempSync(join(tmpdir(), "phoenix-scripts-"));
    const machine = machineFile(dir);
    writeFileSync(machine, JSON.stringify({ ...readMachine(defaultMachine), ...over }));
    await control.start(dir, { machine });
    return new Node(dir);
  }

  /** The same with what the host's first step brings: jq, and the folders of our own. */
  static async prepared(over: Partial<Machine> = {}): Promise<Node> {
    const node = await Node.start(over);
    const { code, stderr } = await node.script(scriptOf("hypervisor", "prepare"), registration);
    assert.equal(code, 0, stderr);
    return node;
  }

  async stop(): Promise<void> {
    await control.stop(this.dir);
    for (const path of [this.dir, machineFile(this.dir)]) rmSync(path, { recursive: true, force: true });
  }

  /** Runs a script, by its path in components/, as a step does: settings on standard input. Of several, each runs. */
  async script(file: string | string[], settings: unknown): Promise<Answer> {
    const text = scriptText(...[file].flat().map((path) => resolve(root, "components", path)));
    const { code, stdout, stderr } = await this.exec(["bash", "-c", text], JSON.stringify(settings));
    // A function that is not there any more fails where nobody asks whether it did.
    assert.doesNotMatch(stderr, /: line \d+: \w+: command not found/);
    const line = stdout.trimEnd();
    return { code, stderr, result: line === "" ? undefined : (JSON.parse(line) as Answer["result"]) };
  }

  /** Orders a fault of the lab, in the words of `lab fault add`. */
  async fault(...words: string[]): Promise<void> {
    await labFault(this.dir, ["add", ...words]);
  }

  async clearFaults(): Promise<void> {
    await control.clearFaults(this.dir);
  }

  /** Whether the node's SSH server greets a new connection, as the engine would open one. */
  reachable(wait = 1500): Promise<boolean> {
    const { port } = control.info(this.dir).ssh;
    return new Promise((resolve) => {
      const socket = connect(port, "127.0.0.1");
      const answer = (greeted: boolean) => {
        socket.destroy();
        resolve(greeted);
      };
      socket.on("error", () => answer(false)).once("data", () => answer(true));
      setTimeout(() => answer(false), wait);
    });
  }

  /** Output of a shell command on the node; throws when it fails. */
  async sh(command: string): Promise<string> {
    const { code, stdout, stderr } = await this.exec(["bash", "-c", command]);
    if (code !== 0) throw new Error(`${command}: exit ${code}\n${stdout}${stderr}`);
    return stdout;
  }

  exec(argv: string[], input = ""): Promise<OnHost> {
    return onHost(this.dir, argv, input);
  }
}

/** Why the lab cannot run here, or false: it needs root for its namespaces. */
export const noLab = process.getuid?.() === 0 ? false : "the lab needs root";
