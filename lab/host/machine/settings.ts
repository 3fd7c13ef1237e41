/** What a lab was told and chose at its first start; kept over stop, start and reset. */
import { createHash } from "node:crypto";
import { createServer } from "node:net";
import type { Layout } from "./layout";
import { readJson, writeJson } from "./files";
import { defaultMachine } from "./machineFile";
import { Mistake } from "./mistake";

export interface Settings {
  /** Name or path of the machine file. */
  machine: string;
  /** Factor on the time an operation takes on real hardware; 0 means no waiting. */
  latency: number;
  sshPort: number;
  apiPort: number;
  /** No start has listened on the ports yet, so nobody was told of them. */
  portsUntried?: boolean;
}

/** The settings of a lab; undefined before its first start. */
export function readSettings(lab: Layout): Settings | undefined {
  return readJson<Settings | undefined>(lab.settings, undefined);
}

/** Settings with the given changes; the ports are chosen at the first call. */
export async function ensureSettings(
  lab: Layout,
  change: Partial<Pick<Settings, "machine" | "latency">> & { newPorts?: boolean },
): Promise<Settings> {
  const known = readSettings(lab);
  const kept = change.newPorts === true ? undefined : known;
  const first = firstPort(lab.dir);
  const sshPort = kept?.sshPort ?? (await freePort(first));
  const settings: Settings = {
    machine: change.machine ?? known?.machine ?? defaultMachine,
    latency: change.latency ?? known?.latency ?? 0,
    sshPort,
    apiPort: kept?.apiPort ?? (await freePort(sshPort + 1)),
    ...(kept === undefined || kept.portsUntried ? { portsUntried: true } : {}),
  };
  writeJson(lab.settings, settings);
  return settings;
}

/** The lab has listened on its ports: they are kept from now on. */
export function settlePorts(lab: Layout): void {
  const settings = readSettings(lab);
  if (settings?.portsUntried !== true) return;
  delete settings.portsUntried;
  writeJson(lab.settings, settings);
}

/**
 * Where a lab begins to look for its ports: its own place for each folder, so that labs that are stopped
 * keep theirs, below the range that the kernel gives to outgoing connections.
 */
function firstPort(folder: string): number {
  return 20000 + (createHash("sha256").update(folder).digest().readUInt16BE() % 5000) * 2;
}

/** The first free port from one on. */
async function freePort(from: number): Promise<number> {
  for (let port = from; port < from + 100; port++) {
    if (await isFree(port)) return port;
  }
  throw new Mistake(`no free port for the lab between ${from} and ${from + 99} on 127.0.0.1`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
