/** The two files of a new stack, from a survey of its node. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { UserError } from "./errors";
import { shown } from "./estate";
import { root } from "./paths";
import type { EstateFiles } from "./stack";
import type { Survey } from "./survey";

/** Where the files of a stack are written: `environments/<stack>/`. */
export function newFiles(stack: string): EstateFiles {
  const folder = join(root, "environments", stack);
  return {
    hypervisorConfig: join(folder, "phoenix_hypervisor_config.json"),
    lxcConfigs: join(folder, "phoenix_lxc_configs.json"),
  };
}

function schemaOf(file: string, name: string): string {
  return relative(dirname(file), join(root, "config", "schemas", `${name}.schema.json`));
}

/** The node's bridge as the host's file has it. @throws UserError when it has none with an address and a gateway */
function bridgeOf({ bridges, gateway, nameservers, hostname }: Survey) {
  const bridge = bridges.find(({ name }) => name === gateway?.bridge);
  if (gateway === undefined || bridge?.address === undefined) {
    const found = bridges.map(({ name, address }) => `${name} ${address ?? "without an address"}`);
    throw new UserError(
      `Node ${hostname} has no bridge with an IPv4 address and the default route (${found.join(", ") || "it has no bridge"}), ` +
        "so its file cannot be written. Write it by hand and name it: --hypervisor-config FILE.",
    );
  }
  return {
    name: bridge.name,
    address: bridge.address,
    gateway: gateway.address,
    dns_nameservers: (nameservers.length > 0 ? nameservers : [gateway.address]).join(" "),
  };
}

/** The host's file: the node's present configuration, without pools and storages that it does not have. */
export function hypervisorDocument(survey: Survey, file: string): Record<string, unknown> {
  const blank = survey.disks.filter((disk) => disk.state === "blank").map(({ path }) => path);
  const notes = [
    `Written from node ${survey.hostname}, Proxmox VE ${survey.release}.`,
    ...(blank.length > 0 ? [`Blank disks, for zfs.pools: ${blank.join(", ")}.`] : []),
    ...(survey.gpus.length > 0
      ? [
          `GPUs: ${survey.gpus.map(({ address, name }) => `${address} ${name}`).join(", ")}; nvidia_driver installs their driver.`,
        ]
      : []),
  ];
  return {
    $schema: schemaOf(file, "phoenix_hypervisor_config"),
    description: notes.join(" "),
    version: "1.0.0",
    timezone: survey.timezone,
    initial_setup: { upgrade: "once", ufw: true },
    network: { interfaces: bridgeOf(survey) },
    zfs: { pools: [], datasets: [] },
  };
}

/** The containers' file. */
export function lxcDocument(file: string, containers: Record<string, unknown> = {}): Record<string, unknown> {
  return { $schema: schemaOf(file, "phoenix_lxc_configs"), lxc_configs: containers };
}

/** Writes a file that is not there yet. @throws UserError when it is */
export function writeNew(file: string, document: unknown): void {
  mkdirSync(dirname(file), { recursive: true });
  try {
    writeFileSync(file, `${JSON.stringify(document, null, 2)}\n`, { flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    throw new UserError(`${shown(file)} is there already and is not overwritten.`);
  }
}
