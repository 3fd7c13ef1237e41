/* Run by host-keys.test.ts, in a process of its own as container-keys-program.ts is. Prints for each row what the
   program registers differently, as JSON; for a row that is refused, why. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { repository } from "../helpers/project";
import { scratch } from "../helpers/scratch";
import { guests, host, type Json, rows } from "./host-keys";
import { recordProgram } from "./recorder";

const program = join(repository, "index.ts");
const folder = scratch();
process.env.PHOENIX_WARNINGS_SHOWN = "true";

async function register(document: Json): Promise<Map<string, string>> {
  const [hypervisorConfig, lxcConfigs] = [join(folder, "host.json"), join(folder, "lxc.json")];
  writeFileSync(hypervisorConfig, JSON.stringify(document));
  writeFileSync(lxcConfigs, JSON.stringify(guests()));
  pulumi.runtime.setAllConfig({
    "phoenix:hypervisorConfig": hypervisorConfig,
    "phoenix:lxcConfigs": lxcConfigs,
    "phoenix:address": "192.0.2.1",
    "phoenix:hostKey": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGHX8KVmAd1BxRStvPIWHFYIWmR",
    "phoenix:sshPassword": "ssh-password",
    "phoenix:apiPassword": "api-password",
    "phoenix:nodeName": "node",
  });
  // The SDK keeps a stack trace for each of its promises.
  Error.stackTraceLimit = 0;
  delete require.cache[program];
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- the program runs when it is loaded
  const { registered } = await recordProgram(() => require(program) as Promise<unknown>);
  return new Map(
    registered.map(({ name, inputs, options }) => [name, JSON.stringify([inputs, options.protect])]),
  );
}

function withValue(document: Json, place: string[], value: unknown): Json {
  const [step = "", ...rest] = place;
  const copy = (Array.isArray(document) ? [...(document as unknown[])] : { ...document }) as Json;
  copy[step] = rest.length === 0 ? value : withValue((copy[step] ?? {}) as Json, rest, value);
  return copy;
}

async function main() {
  mkdirSync(join(folder, "scripts"), { recursive: true });
  writeFileSync(join(folder, "scripts", "app.sh"), "#!/bin/bash\n", { mode: 0o755 });
  const before = await register(host());
  const found: (string[] | string)[] = [];
  for (const [, place, value] of rows) {
    try {
      const now = await register(withValue(host(), place.split("."), value));
      const names = new Set([...before.keys(), ...now.keys()]);
      found.push([...names].filter((name) => before.get(name) !== now.get(name)).sort());
    } catch (error) {
      found.push((error as Error).message);
    }
  }
  rmSync(folder, { recursive: true });
  process.stdout.write(JSON.stringify(found));
}

void main();
