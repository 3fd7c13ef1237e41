/** Machine files: lab/machines/NAME.json, or any file of that form. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Machine } from "../types";
import { Mistake } from "./mistake";

const folder = join(__dirname, "..", "..", "machines");

/** The machine a lab has unless it is told otherwise. */
export const defaultMachine = "original";

/** Names of the machines that come with the lab. */
export function machineNames(): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .map((name) => name.slice(0, -".json".length))
    .sort();
}

/** Reads a machine by name or by path of its file; throws a Mistake that says what is wrong. */
export function readMachine(nameOrPath: string): Machine {
  const named = join(folder, `${nameOrPath}.json`);
  const path = machineNames().includes(nameOrPath) ? named : resolve(nameOrPath);
  if (!existsSync(path)) {
    throw new Mistake(
      `there is no machine ${nameOrPath}; use ${machineNames().join(" or ")}, or the path of a machine file`,
    );
  }
  let machine: Machine;
  try {
    machine = JSON.parse(readFileSync(path, "utf8")) as Machine;
  } catch (error) {
    throw new Mistake(`${path} is not JSON: ${(error as Error).message}`);
  }
  for (const key of ["node", "release", "memoryMb", "cores", "disks", "gpus", "bridges"] as const) {
    if (machine[key] === undefined) throw new Mistake(`${path} lacks ${key}`);
  }
  return machine;
}
