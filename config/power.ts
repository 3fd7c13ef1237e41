/** Power as desired state: the key of a guest's entry, and the stack's `phoenix:power`, which overrides it. */
import { z } from "zod";
import { parseById } from "./by-id";

/** Whether a guest, container or virtual machine, runs. */
export const powerStates = ["running", "stopped"] as const;
export type PowerState = (typeof powerStates)[number];

/** The key `state` of a guest's entry; a guest runs when neither the entry nor the stack says anything. */
export const powerState = () =>
  z
    .enum(powerStates)
    .optional()
    .describe("running or stopped; phoenix:power of the stack goes before it. It runs without either");

/** The key `protect` of a guest's entry. */
export const protectedGuest = () =>
  z
    .boolean()
    .default(false)
    .describe("Whether it is refused to delete the guest or to recreate it, also where a stack allows it");

/** The stack's `phoenix:power` by CTID or VMID: `bin/phoenix start` and `stop` write it. */
export type PowerSettings = ReadonlyMap<number, PowerState>;

/**
 * The wanted power state: the stack's setting, else the entry's. Undefined when neither says anything: the guest is
 * started when it is created, and left alone afterwards.
 */
export function powerOf(
  id: number,
  entry: PowerState | undefined,
  settings: PowerSettings,
): PowerState | undefined {
  return settings.get(id) ?? entry;
}

/** Containers with the power states that the stack asks for. */
export function withPower<T extends { ctid: number; state?: PowerState }>(
  containers: readonly T[],
  settings: PowerSettings,
): T[] {
  return containers.map((container) => {
    const state = powerOf(container.ctid, container.state, settings);
    return state === undefined ? container : { ...container, state };
  });
}

/** Reads `phoenix:power` as Pulumi hands it over: `{"910": "stopped"}`. Undefined when it is anything else. */
export const parsePower = (text: string): PowerSettings | undefined => parseById(text, z.enum(powerStates));
