/** ufw on the node. */
import { roomScripts } from "../../../../plan/room";
import type { StepBody } from "../../../../plan/step";
import { made } from "../../guest-needs";

export interface Settings {
  /** Port that the stack reaches the node's SSH on. */
  sshPort: number;
  /** Name of the bridge, between whose guests ufw lets everything through. */
  bridge: string;
  /** What follows `ufw`, one rule a text. */
  rules: string[];
}

/** What reaches the node from anywhere, besides SSH: Proxmox VE's interface, NFS and its port mapper. */
const hostRules = ["allow 8006/tcp", "allow 2049/tcp", "allow 111/tcp"];

export const firewallStep = (sshPort: number, bridge: string): StepBody<Settings> => ({
  ...roomScripts(__dirname),
  makes: [made.bridge(bridge)],
  settings: { sshPort, bridge, rules: hostRules },
});
