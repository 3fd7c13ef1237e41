/**
 * Proxmox VE on the lab's host: its commands and its HTTPS API over one state module.
 */
import type { CommandTable, Host } from "../types";

/** pct, pvesm, pveam, pvesh, pveum, qm and pveversion. */
export const commands: CommandTable = {};

/** The HTTPS API of the node. */
export interface Api {
  port: number;
  /** Requests answered since the start or the last reset. */
  requests(): number;
  resetRequests(): void;
  close(): Promise<void>;
}

/** Serves /api2/json on a loopback port (0 picks one). */
export async function startApi(
  _host: Host,
  _options: { port: number; certificateDir: string; password: string },
): Promise<Api> {
  throw new Error("the Proxmox VE API is not implemented yet");
}
