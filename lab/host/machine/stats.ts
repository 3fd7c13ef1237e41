/** Counters since the last reset, kept over stop and start. */
import { readJson, writeJson } from "./files";

/** What `lab stats` prints. */
export interface Stats {
  /** SSH connections that logged in. */
  sshConnections: number;
  /** Commands run over SSH. */
  commands: number;
  /** Requests to the HTTPS API. */
  apiRequests: number;
}

export const noStats: Stats = { sshConnections: 0, commands: 0, apiRequests: 0 };

/** Counters in a file: read at the start, written when the daemon ends or is asked. */
export class Counters {
  readonly #file: string;
  #stats: Stats;

  constructor(file: string) {
    this.#file = file;
    this.#stats = readStats(file);
  }

  count(what: keyof Stats): void {
    this.#stats[what] += 1;
  }

  /** Present values; `apiRequests` since the start is counted by the API itself and added here. */
  read(apiRequests: number): Stats {
    return { ...this.#stats, apiRequests: this.#stats.apiRequests + apiRequests };
  }

  reset(): void {
    this.#stats = { ...noStats };
    writeJson(this.#file, this.#stats);
  }

  save(apiRequests: number): void {
    writeJson(this.#file, this.read(apiRequests));
  }
}

/** The counters of a lab that does not run. */
export function readStats(file: string): Stats {
  return { ...noStats, ...readJson(file, noStats) };
}
