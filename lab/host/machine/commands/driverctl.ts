/** driverctl 0.115: the driver of a device, kept over a restart in /etc/driverctl.d; its words and exit codes. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Answer, Command, Host } from "../../types";
import { installed } from "../packages/installed";
import { driverOf, overrideOf, setOverride } from "../pci/binding";
import { functionAt, pciFunctions, type PciFunction } from "../pci/bus";
import { offer, unbind } from "../pci/rebind";
import { runningKernel } from "../kernel/running";
import { isLoaded } from "./nvidia/loaded";
import { findModule, load, ModuleError } from "./nvidia/modules";

const usage = `Usage: driverctl [OPTIONS...] {COMMAND}...

Inspect or control default device driver bindings.

Supported commands:
  set-override <device> <driver>    Make <driver> the default driver
                                    for <device>
  unset-override <device>           Remove any override for <device>
  load-override <device>            Load an override previously specified
                                    for <device>
  list-devices                      List all overridable devices
  list-overrides                    List all currently specified overrides

Supported options:
 -h --help             Show this help
 -v --verbose --debug  Show verbose debug information
 -b --bus <bus>        Work on bus <bus> (default pci)
    --noprobe          Do not reprobe when setting, unsetting, or
                       loading an override
    --nosave           Do not save changes when setting or unsetting
                       an override

`;

/** Device types of list-devices and list-overrides, by the class's first byte. */
const types: Record<string, string> = {
  ...{ all: "", storage: "01", network: "02", display: "03", multimedia: "04", memory: "05", bridge: "06" },
  ...{ communication: "07", system: "08", input: "09", docking: "0a", processor: "0b", serial: "0c" },
};

const folder = (host: Host, ...parts: string[]) => join(host.root, "etc/driverctl.d", ...parts);
const say = (text: string): Answer => ({ code: 1, stderr: `driverctl: ${text}\n` });

/** What `error` of the script does. */
class Failure extends Error {}

async function loadModule(host: Host, name: string): Promise<void> {
  if (existsSync(join(host.root, "sys/module", name)) || isLoaded(host, name)) return;
  const module = findModule(host, runningKernel(host), name);
  try {
    if (module !== undefined) return await load(host, module);
  } catch (error) {
    if (!(error instanceof ModuleError)) throw error;
  }
  throw new Failure(`no such module: ${name}`);
}

async function override(host: Host, one: PciFunction, driver: string, reprobe: boolean): Promise<void> {
  if (driver !== "" && driver !== "none") await loadModule(host, driver);
  await unbind(host, one.pci);
  setOverride(host, one, driver === "" ? undefined : driver);
  if (driver === "none" || !reprobe) return;
  if (offer(host, one) === undefined)
    throw new Failure(`failed to bind device ${one.pci} to driver ${driver}`);
}

function save(host: Host, pci: string, driver: string): void {
  const file = folder(host, `pci-${pci}`);
  if (driver === "") return rmSync(file, { force: true });
  mkdirSync(folder(host), { recursive: true });
  writeFileSync(file, `${driver}\n`);
}

function saved(host: Host, pci: string): string | undefined {
  const file = folder(host, `pci-${pci}`);
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  return text === "" ? undefined : text.trimEnd();
}

function listed(host: Host, overrides: boolean, type: string): Answer {
  const rows = pciFunctions(host).flatMap((one) => {
    const wanted = overrideOf(host, one);
    if (overrides && wanted === undefined) return [];
    return [{ one, wanted }];
  });
  if (rows.length === 0) return say("No overridable devices found. Kernel too old?");
  const lines = rows
    .filter(({ one }) => type === "" || one.class.slice(2, 4) === type)
    .map(({ one, wanted }) => {
      const mark = !overrides && wanted !== undefined ? " [*]" : "";
      return `${one.pci} ${driverOf(host, one.pci) ?? "(none)"}${mark}\n`;
    });
  return { code: 0, stdout: lines.join("") };
}

export const driverctl: Command = async (host, { args }) => {
  const words = [...args];
  let [reprobe, saves] = [true, true];
  for (; words[0]?.startsWith("-"); words.shift()) {
    if (words[0] === "--noprobe") reprobe = false;
    else if (words[0] === "--nosave") saves = false;
    else if (["-b", "--bus", "-v", "--verbose", "--debug"].includes(words[0]))
      return say(`the lab does not simulate ${words[0]}`);
    else return { code: 0, stdout: usage };
  }
  const [command = "", device = "", driver = ""] = words;
  if (["list-devices", "list-overrides"].includes(command)) {
    if (words.length > 2) return { code: 1, stdout: usage };
    const type = types[device === "" ? "all" : device];
    if (type === undefined) return say(`device type must be one of: ${Object.keys(types).join(" ")}`);
    return listed(host, command === "list-overrides", type);
  }
  const wanted = { "set-override": 3, "unset-override": 2, "load-override": 2 }[command];
  if (wanted === undefined || words.length !== wanted) return { code: 1, stdout: usage };
  const pci = device.replace(/^pci\//, "");
  const one = functionAt(host.machine, pci);
  if (one === undefined) return say(`no such device: ${pci}`);
  const next = command === "load-override" ? saved(host, pci) : driver;
  if (next === undefined) return { code: 1 };
  try {
    await override(host, one, next, reprobe);
  } catch (error) {
    if (error instanceof Failure) return say(error.message);
    throw error;
  }
  if (saves && command !== "load-override") save(host, pci, next);
  return { code: 0 };
};

/** What the package's rule for udev does when the devices appear at boot, before any driver has them. */
export async function loadOverrides(host: Host): Promise<void> {
  if (installed(host, "driverctl") === undefined || !existsSync(folder(host))) return;
  for (const name of readdirSync(folder(host)).sort()) {
    const one = functionAt(host.machine, name.replace(/^pci-/, ""));
    const driver = one && saved(host, one.pci);
    if (one === undefined || driver === undefined) continue;
    try {
      await override(host, one, driver, true);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      process.stderr.write(`boot: driverctl: ${error.message}\n`);
    }
  }
}
