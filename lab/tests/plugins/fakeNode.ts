export type Config = Record<string, string | number>;

export interface Guest {
  config: Config;
  status: "running" | "stopped";
}

/** A refusal with the status line Proxmox VE would send. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** What the parts of the fake node share. */
export interface FakeNode {
  readonly qemu: Map<number, Guest>;
  /** Exit status of tasks that fail, by the task's type. */
  readonly failing: Map<string, string>;
  /** What `interfaces` answers, by guest. */
  readonly addresses: Map<number, string>;
  /** Files on storages, by volume, with their size in bytes. */
  readonly volumes: Map<string, number>;
  /** What query-url-metadata and download-url find at an address. */
  readonly remote: Map<string, { filename: string; size: number }>;
}
