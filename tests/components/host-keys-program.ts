/* Run by host-keys.test.ts, in a process of its own as container-keys-program.ts is. Prints for each row, and for
   the sample once more, what the program registers differently and what the preview says of it, as JSON; for a row
   that is refused, why. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { withValue } from "../config/samples";
import { scratch } from "../helpers/scratch";
import { type Changed, guests, host, type Json, rows } from "./host-keys";
import { recordEstate, type Registered, standing, waitsFor } from "./recorder";
import { previewNotes } from "./restarts";

const folder = scratch();
const standingGuests = {
  guests: [standing(900, "ct900"), standing(901, "ct901")],
  machines: (host()["vms"] as { vmid: number; name: string }[]).map(({ vmid, name }) => standing(vmid, name)),
};
process.env.PHOENIX_WARNINGS_SHOWN = "true";

const files = { hypervisorConfig: join(folder, "host.json"), lxcConfigs: join(folder, "lxc.json") };

async function register(document: Json): Promise<Map<string, Registered>> {
  writeFileSync(files.hypervisorConfig, JSON.stringify(document));
  writeFileSync(files.lxcConfigs, JSON.stringify(guests()));
  // The SDK keeps a stack trace for each of its promises.
  Error.stackTraceLimit = 0;
  const { registered } = await recordEstate(files, standingGuests);
  return new Map(registered.map((resource) => [resource.name, resource]));
}

const compared = (resource?: Registered) =>
  resource && [resource.inputs, resource.options.protect, waitsFor(resource)];

async function main() {
  mkdirSync(join(folder, "scripts"), { recursive: true });
  writeFileSync(join(folder, "scripts", "app.sh"), "#!/bin/bash\n", { mode: 0o755 });
  const before = await register(host());
  const found: (Changed | string)[] = [];
  const changed = rows.map(([, place, value]) => withValue(host(), place.split("."), value) as Json);
  for (const document of [...changed, host()]) {
    try {
      const now = await register(document);
      const names = new Set([...before.keys(), ...now.keys()]);
      found.push({
        touched: [...names]
          .filter((name) => !isDeepStrictEqual(compared(before.get(name)), compared(now.get(name))))
          .sort(),
        notes: previewNotes(before, now, files),
      });
    } catch (error) {
      found.push((error as Error).message);
    }
  }
  rmSync(folder, { recursive: true });
  process.stdout.write(JSON.stringify(found));
}

void main();
