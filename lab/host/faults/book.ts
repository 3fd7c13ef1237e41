/** The faults of one lab: ordered, counted, kept over a stop, cleared. */
import { join } from "node:path";
import { readJson, writeJson } from "../machine/files";
import { Mistake } from "../machine/mistake";
import type { Entry, Fault, Kind, When } from "./types";

/** What a fault that is more than an answer does while it lasts; `end` undoes it. */
export interface Effect {
  /** Does it; may call `over` once it has passed by itself. */
  begin(fault: Fault, id: number, over: () => void): Promise<void>;
  end(fault: Fault, id: number): Promise<void>;
  /** Is not begun again when the host starts. */
  passing?: true;
}

/** Kinds that wait for a call. */
type Waiting = "drop" | "command" | "kill" | "api";

type Of<K extends Waiting> = Extract<Fault, { kind: K }>;

/** Where a lab keeps its faults. */
export const faultsFile = (dir: string): string => join(dir, "faults.json");

export class FaultBook {
  readonly #file: string;
  readonly #effects: Partial<Record<Kind, Effect>>;
  #entries: Entry[] = [];
  #next = 1;

  constructor(dir: string, effects: Partial<Record<Kind, Effect>>) {
    this.#file = faultsFile(dir);
    this.#effects = effects;
  }

  /** Takes up what was ordered before the last stop. */
  async open(): Promise<void> {
    const kept = readJson<Entry[]>(this.#file, []);
    this.#next = Math.max(0, ...kept.map(({ id }) => id)) + 1;
    this.#entries = kept.filter(({ fault }) => this.#effects[fault.kind]?.passing !== true);
    for (const entry of this.#entries) await this.#begin(entry);
    this.#save();
  }

  /** Undoes for a while what would not survive a stop; the orders stay. */
  async close(): Promise<void> {
    for (const { fault, id } of [...this.#entries].reverse()) await this.#effects[fault.kind]?.end(fault, id);
  }

  list(): Entry[] {
    return this.#entries;
  }

  /** @throws Mistake when it cannot be brought about */
  async add(fault: Fault): Promise<Entry> {
    const entry = { id: this.#next++, fault, seen: 0, struck: 0 };
    this.#entries.push(entry);
    try {
      await this.#begin(entry);
    } catch (error) {
      this.#drop(entry);
      throw error;
    }
    this.#save();
    return entry;
  }

  /** Clears faults by number, or all of them; answers the cleared. @throws Mistake naming a missing one */
  async clear(ids: number[]): Promise<Entry[]> {
    const missing = ids.find((id) => !this.#entries.some((entry) => entry.id === id));
    if (missing !== undefined) throw new Mistake(`there is no fault ${missing}; lab fault list shows them`);
    const gone = this.#entries.filter(({ id }) => ids.length === 0 || ids.includes(id)).reverse();
    for (const entry of gone) {
      this.#drop(entry);
      await this.#effects[entry.fault.kind]?.end(entry.fault, entry.id);
    }
    return gone.reverse();
  }

  /** The fault of a kind that strikes this call, which counts as seen by all of that kind that wait for it. */
  strike<K extends Waiting>(kind: K, text: string): Of<K> | undefined {
    let striking: Of<K> | undefined;
    for (const entry of this.#entries) {
      if (!isOf(entry.fault, kind)) continue;
      const { match = "", nth = 1, times = 1 }: When = entry.fault;
      if (!new RegExp(match).test(text)) continue;
      entry.seen += 1;
      if (striking !== undefined || entry.seen < nth || (times > 0 && entry.struck >= times)) continue;
      entry.struck += 1;
      striking = entry.fault;
    }
    return striking;
  }

  #begin(entry: Entry): Promise<void> {
    const effect = this.#effects[entry.fault.kind];
    return effect?.begin(entry.fault, entry.id, () => this.#drop(entry)) ?? Promise.resolve();
  }

  #drop(entry: Entry): void {
    this.#entries = this.#entries.filter((other) => other !== entry);
    this.#save();
  }

  #save(): void {
    writeJson(this.#file, this.#entries);
  }
}

function isOf<K extends Waiting>(fault: Fault, kind: K): fault is Of<K> {
  return fault.kind === kind;
}
