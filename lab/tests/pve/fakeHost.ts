/** A host of plain files for tests of what needs neither ZFS nor a running guest. */
import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commands } from "../../host/pve/index";
import type { Host, Zfs } from "../../host/types";

/** Splits a command line on spaces; single quotes group. */
const words = (line: string): string[] =>
  [...line.matchAll(/'([^']*)'|(\S+)/g)].map((match) => match[1] ?? match[2] ?? "");

export interface FakeHost {
  host: Host;
  /** Runs a command line of the node: exit code, standard output, standard error. */
  run(line: string): Promise<[code: number, stdout: string, stderr: string]>;
  read(path: string): string;
  write(path: string, text: string): void;
  remove(): void;
}

export function fakeHost(release: 8 | 9 = 9): FakeHost {
  const root = mkdtempSync(join(tmpdir(), "pve-test-"));
  const documents = new Map<string, string>();
  const refuse = () => {
    throw new Error("this test's host has no ZFS and runs nothing");
  };
  const zfs = new Proxy({}, { get: (_, name) => (name === "exists" ? () => false : refuse) }) as Zfs;
  const host: Host = {
    node: "pve",
    release,
    root,
    scratch: join(root, "scratch"),
    machine: {
      description: "test",
      node: "pve",
      release,
      memoryMb: 4096,
      cores: 4,
      disks: [],
      gpus: [],
      bridges: [{ name: "vmbr0", address: "10.0.0.2/24", gateway: "10.0.0.1" }],
    },
    zfs,
    store: {
      get: <T>(section: string, initial: T): T => {
        const text = documents.get(section);
        return text === undefined ? initial : (JSON.parse(text) as T);
      },
      set: (section, value) => void documents.set(section, JSON.stringify(value)),
    },
    run: async () => refuse(),
    latency: async () => undefined,
  };
  mkdirSync(join(root, "dev"));
  writeFileSync(join(root, "dev/null"), "");
  return {
    host,
    async run(line) {
      const [name = "", ...args] = words(line);
      const command = commands[name];
      if (!command) throw new Error(`no command ${name}`);
      const answer = await command.run(host, {
        name,
        args,
        cwd: "/root",
        stdin: async () => Buffer.alloc(0),
      });
      if ("exec" in answer) throw new Error("this test's host runs nothing");
      return [answer.code, answer.stdout ?? "", answer.stderr ?? ""];
    },
    read: (path) => readFileSync(join(root, path), "utf8"),
    write: (path, text) => {
      mkdirSync(join(root, path, ".."), { recursive: true });
      writeFileSync(join(root, path), text);
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}
