/** A lab of its own for one test file, reached as its users reach it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before } from "node:test";
import { Client, type ConnectConfig } from "ssh2";
import { readFileSync } from "node:fs";
import * as control from "../../host/control";

export interface Ran {
  code: number | null;
  signal?: string | undefined;
  stdout: string;
  stderr: string;
}

export class LabUnderTest {
  readonly dir = mkdtempSync(join(tmpdir(), "phoenix-lab-"));

  get info(): control.LabInfo {
    return control.info(this.dir);
  }

  /** Connects as root by key; `change` replaces parts of that. */
  async connect(change: Partial<ConnectConfig> = {}): Promise<Client> {
    const { host, port, user, privateKeyFile } = this.info.ssh;
    const client = new Client();
    await new Promise<void>((resolve, reject) => {
      client.once("ready", resolve).once("error", reject);
      client.connect({ host, port, username: user, privateKey: readFileSync(privateKeyFile), ...change });
    });
    return client;
  }

  /** Runs one command over a connection of its own. */
  async sh(command: string, input = ""): Promise<Ran> {
    const client = await this.connect();
    try {
      return await run(client, command, input);
    } finally {
      client.end();
    }
  }
}

/** Runs one command over an open connection. */
export function run(client: Client, command: string, input = ""): Promise<Ran> {
  return new Promise((resolve, reject) => {
    client.exec(command, (error, channel) => {
      if (error) return reject(error);
      const ran: Ran = { code: null, stdout: "", stderr: "" };
      channel.on("data", (data: Buffer) => (ran.stdout += data.toString("utf8")));
      channel.stderr.on("data", (data: Buffer) => (ran.stderr += data.toString("utf8")));
      channel.on("exit", (code: number | null, signal?: string) => {
        ran.code = code;
        if (signal !== undefined) ran.signal = signal;
      });
      channel.on("close", () => resolve(ran));
      channel.end(input);
    });
  });
}

/** Starts a lab before the tests of a file and removes it after them. */
export function labForTests(options: control.LabOptions = {}): LabUnderTest {
  const lab = new LabUnderTest();
  before(async () => void (await control.start(lab.dir, options)));
  after(async () => {
    await control.stop(lab.dir);
    rmSync(lab.dir, { recursive: true });
  });
  return lab;
}
