/** The node's HTTPS API. */
import type { Host } from "../../types";

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
