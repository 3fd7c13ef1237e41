/** What a lab was told and chose at its first start; kept over stop, start and reset. */
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import type { Layout } from "./layout";
import { readJson, writeJson } from "./files";
import { defaultMachine } from "./machineFile";

export interface Settings {
  /** Name or path of the machine file. */
  machine: string;
  /** Factor on the time an operation takes on real hardware; 0 means no waiting. */
  latency: number;
  sshPort: number;
  apiPort: number;
}

/** The settings of a lab; undefined before its first start. */
export function readSettings(lab: Layout): Settings | undefined {
  return readJson<Settings | undefined>(lab.settings, undefined);
}

/** Settings with the given changes, made at the first call: 2222 and 8006 where free, else any free port. */
export async function ensureSettings(
  lab: Layout,
  change: Partial<Pick<Settings, "machine" | "latency">>,
): Promise<Settings> {
  const known = readSettings(lab);
  const settings: Settings = {
    machine: change.machine ?? known?.machine ?? defaultMachine,
    latency: change.latency ?? known?.latency ?? 0,
    sshPort: known?.sshPort ?? (await freePort(2222)),
    apiPort: known?.apiPort ?? (await freePort(8006)),
  };
  writeJson(lab.settings, settings);
  return settings;
}

async function freePort(wanted: number): Promise<number> {
  return (await tryPort(wanted)) ?? (await tryPort(0)) ?? wanted;
}

function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen(port, "127.0.0.1", () => {
      const { port: got } = server.address() as AddressInfo;
      server.close(() => resolve(got));
    });
  });
}
