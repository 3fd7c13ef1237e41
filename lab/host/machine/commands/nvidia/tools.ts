/**
 * Programs of NVIDIA's user space, on the node and in guests. The installer puts them in place as small scripts that
 * call `lab-nvidia PROGRAM ARGUMENT…`; which version they are stands where the installer noted what it installed.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Answer, Call, Command, Gpu, Host } from "../../../types";
import { runningKernel } from "../../kernel/running";
import { inRoot } from "../../confined";
import { driverOf, nvidiaMinors } from "../../pci/binding";
import { makeCapsNodes, makeCardNode, makeModesetNode, makeUvmNodes } from "./devices";
import { persistent, setPersistent } from "./inUse";
import { isLoaded, loadedVersion } from "./loaded";
import { findModule, load, ModuleError } from "./modules";

const noDriver =
  "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. " +
  "Make sure that the latest NVIDIA driver is installed and running.\n\n";

/** Loads one of NVIDIA's modules as nvidia-modprobe does: without a word when it cannot. */
async function loadFamily(host: Host, name: string): Promise<boolean> {
  if (isLoaded(host, name)) return true;
  const module = host.machine.gpus.length > 0 ? findModule(host, runningKernel(host), name) : undefined;
  if (module === undefined) return false;
  try {
    await load(host, module);
    return true;
  } catch (error) {
    if (error instanceof ModuleError) return false;
    throw error;
  }
}

async function nvidiaModprobe(host: Host, call: Call): Promise<Answer> {
  const minors: number[] = [];
  let [uvm, modeset] = [false, false];
  const queue = [...call.args];
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    if (word === "-c" || word === "--create-nvidia-device-file") minors.push(Number(queue.shift()));
    else if (/^-c\d+$/.test(word)) minors.push(Number(word.slice(2)));
    else if (word === "-u" || word === "--unified-memory") uvm = true;
    else if (word === "-m" || word === "--modeset") modeset = true;
    else {
      return {
        code: 1,
        stderr: `nvidia-modprobe: unrecognized option: "${word}"\n\nERROR: Invalid commandline, please run \`nvidia-modprobe --help\` for usage information.\n\n`,
      };
    }
  }
  // A guest has no right to load modules; what it finds is what it was given.
  if (call.guest !== undefined) return { code: isLoaded(host, "nvidia") ? 0 : 1 };
  if (!(await loadFamily(host, uvm ? "nvidia_uvm" : modeset ? "nvidia_modeset" : "nvidia")))
    return { code: 1 };
  if (uvm && minors.length > 0) makeUvmNodes(host);
  if (modeset) makeModesetNode(host);
  if (!uvm && !modeset) minors.forEach((minor) => makeCardNode(host, minor));
  return { code: 0 };
}

interface Card extends Gpu {
  /** As NVML counts the cards that can be seen: by their address. */
  index: number;
}

/** Whether a program that was called can open a device. */
function mayOpen(host: Host, call: Call, device: string): boolean {
  if (call.guest !== undefined) return call.guest.mayOpen(device);
  return existsSync(join(host.root, device));
}

/** Version of the user space in the caller's root file system. */
function userSpace(host: Host, call: Call): string {
  const log = inRoot(call.guest?.root ?? host.root, "/var/lib/nvidia/log");
  return existsSync(log) ? (readFileSync(log, "utf8").split("\n")[0] ?? "").trim() : "";
}

/** The cards that nvidia-smi sees, or what it says instead. */
async function look(host: Host, call: Call): Promise<Card[] | Answer> {
  if (call.guest === undefined && (await loadFamily(host, "nvidia"))) {
    makeCardNode(host, 255);
    for (const minor of Object.values(nvidiaMinors(host))) makeCardNode(host, minor);
    makeCapsNodes(host);
  }
  const loaded = loadedVersion(host, "nvidia");
  if (loaded === undefined || !mayOpen(host, call, "/dev/nvidiactl")) return { code: 9, stdout: noDriver };
  const own = userSpace(host, call);
  if (own !== loaded) {
    const short = own.split(".").slice(0, 2).join(".");
    return {
      code: 18,
      stdout: `Failed to initialize NVML: Driver/library version mismatch\nNVML library version: ${short}\n`,
    };
  }
  const cards = host.machine.gpus
    .filter(
      ({ pci }) =>
        driverOf(host, pci) === "nvidia" && mayOpen(host, call, `/dev/nvidia${nvidiaMinors(host)[pci]}`),
    )
    // The cards that can be seen are counted from 0: in a guest those it has, on the host those the driver has.
    .map((card, index) => ({ ...card, index }));
  return cards.length === 0 ? { code: 6, stdout: "No devices were found\n" } : cards;
}

const busId = (pci: string) => `0000${pci.toUpperCase()}`;

/** Properties that `--query-gpu` knows here, with their units. */
const properties: Record<string, (host: Host, card: Card, count: number) => string> = {
  index: (_host, { index }) => String(index),
  name: (_host, { model }) => model,
  uuid: (_host, { uuid }) => uuid,
  gpu_uuid: (_host, { uuid }) => uuid,
  count: (_host, _card, count) => String(count),
  driver_version: (host) => loadedVersion(host, "nvidia") ?? "",
  "pci.bus_id": (_host, { pci }) => busId(pci),
  gpu_bus_id: (_host, { pci }) => busId(pci),
  persistence_mode: (host, { pci }) => (persistent(host).includes(pci) ? "Enabled" : "Disabled"),
  "memory.total": () => "16311 MiB",
  "memory.used": () => "2 MiB",
  "memory.free": () => "15846 MiB",
  "utilization.gpu": () => "0 %",
  "temperature.gpu": () => "33",
  compute_cap: () => "12.0",
};

function query(host: Host, cards: Card[], fields: string[], format: string[]): Answer {
  const wrong = fields.find((field) => properties[field] === undefined);
  if (wrong !== undefined) {
    return { code: 2, stdout: `Field "${wrong}" is not a valid field to query.\n\n` };
  }
  const bare = (text: string) => (format.includes("nounits") ? text.replace(/ (MiB|%)$/, "") : text);
  const rows = cards.map((card) =>
    fields.map((field) => bare(properties[field]?.(host, card, cards.length) ?? "")).join(", "),
  );
  const head = format.includes("noheader") ? [] : [fields.join(", ")];
  return { code: 0, stdout: [...head, ...rows].map((line) => `${line}\n`).join("") };
}

function overview(version: string, cards: Card[]): string {
  const rule = `+${"-".repeat(89)}+\n`;
  const row = (text: string) => `| ${text.padEnd(88)}|\n`;
  const rows = cards.map(
    ({ index, model, pci }) =>
      row(`${String(index).padStart(2)}  ${model.padEnd(30)} Off |   ${busId(pci)} Off |`) +
      row(" 0%   33C    P8              5W /  180W |       2MiB /  16311MiB |      0%      Default"),
  );
  return (
    rule +
    row(`NVIDIA-SMI ${version.padEnd(22)} Driver Version: ${version.padEnd(14)} CUDA Version: 13.0`) +
    rule +
    rows.join("") +
    rule
  );
}

/** What `-i` takes for a card. */
const namesOf = ({ index, uuid, pci }: Card): string[] => [String(index), uuid, busId(pci), pci];

/** `[-i CARD] -pm 0|1` */
function setMode(host: Host, { args, guest }: Call, found: Card[], at: number): Answer {
  const rest = args.filter((_, index) => index !== at && index !== at + 1);
  const one = rest[0] === "-i" && rest.length === 2 ? rest[1] : undefined;
  if (!/^[01]$/.test(args[at + 1] ?? "") || (rest.length > 0 && one === undefined))
    return { code: 2, stdout: "Invalid combination of input arguments.\n" };
  if (guest !== undefined)
    return { code: 4, stdout: "Unable to set persistence mode: Insufficient Permissions\n" };
  const cards = found.filter((card) => one === undefined || namesOf(card).includes(one));
  if (cards.length === 0) return { code: 6, stdout: "No devices were found\n" };
  const on = args[at + 1] === "1";
  setPersistent(
    host,
    cards.map(({ pci }) => pci),
    on,
  );
  const lines = cards.map(
    ({ pci }) => `${on ? "Enabled" : "Disabled"} persistence mode for GPU ${busId(pci)}.\n`,
  );
  return { code: 0, stdout: `${lines.join("")}All done.\n` };
}

async function smi(host: Host, call: Call): Promise<Answer> {
  const { args } = call;
  const found = await look(host, call);
  if (!Array.isArray(found)) return found;
  const version = loadedVersion(host, "nvidia") ?? "";
  const fields = args.map((word) => /^--query-gpu=(.+)$/.exec(word)?.[1]).find((word) => word !== undefined);
  const format = args.map((word) => /^--format=(.+)$/.exec(word)?.[1]).find((word) => word !== undefined);
  const id = args.map((word) => /^(?:-i|--id)=(.+)$/.exec(word)?.[1]).find((word) => word !== undefined);
  const known = (word: string) =>
    /^(--query-gpu=|--format=|-i=|--id=)/.test(word) || ["-L", "--list-gpus"].includes(word);
  const [first = ""] = args;
  const mode = args.findIndex((word) => word === "-pm" || word === "--persistence-mode");
  if (mode >= 0) return setMode(host, call, found, mode);
  if (first === "--version" && args.length === 1) {
    const nvml = version.split(".").slice(0, 2).join(".");
    return {
      code: 0,
      stdout: `NVIDIA-SMI version  : ${version}\nNVML version        : ${nvml}\nDRIVER version      : ${version}\nCUDA Version        : 13.0\n`,
    };
  }
  const unknown = args.find((word) => !known(word));
  if (unknown !== undefined) return { code: 1, stderr: `nvidia-smi: the lab does not simulate ${unknown}\n` };
  const cards = found.filter((card) => id === undefined || namesOf(card).includes(id));
  if (cards.length === 0) return { code: 6, stdout: "No devices were found\n" };
  if (fields !== undefined) {
    const words = (format ?? "").split(",");
    if (words[0] !== "csv") return { code: 2, stdout: '--query-gpu requires "--format=csv".\n' };
    return query(host, cards, fields.split(","), words);
  }
  if (args.some((word) => ["-L", "--list-gpus"].includes(word))) {
    const lines = cards.map(({ index, model, uuid }) => `GPU ${index}: ${model} (UUID: ${uuid})\n`);
    return { code: 0, stdout: lines.join("") };
  }
  return { code: 0, stdout: overview(version, cards) };
}

const programs: Record<string, (host: Host, call: Call) => Promise<Answer>> = {
  "nvidia-modprobe": nvidiaModprobe,
  "nvidia-smi": smi,
};

/** `lab-nvidia PROGRAM ARGUMENT…` */
export const labNvidia: Command = (host, call) => {
  const [name = "", ...args] = call.args;
  const program = programs[name];
  if (program === undefined)
    return { code: 127, stderr: `${name}: the lab does not simulate this command\n` };
  return program(host, { ...call, args });
};
