/** Tables of commands and their exact answers, run in one session. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Client } from "ssh2";
import { type LabUnderTest, run } from "./labUnderTest";

/** A command and what it answers: exit code, standard output, standard error. */
export type Case = [command: string, code: number, stdout: string, stderr?: string];

/** One connection for the tests of a suite. */
export function session(lab: LabUnderTest): () => Client {
  let client: Client;
  before(async () => void (client = await lab.connect()));
  after(() => client.end());
  return () => client;
}

/** A test a row. */
export function answers(client: () => Client, table: Case[]): void {
  for (const [command, code, stdout, stderr = ""] of table) {
    test(command, async () => {
      assert.deepEqual(await run(client(), command), { code, stdout, stderr });
    });
  }
}
