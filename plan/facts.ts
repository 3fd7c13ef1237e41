/** What is known beside the two files when a stack is planned. */
import type { AdoptedSettings } from "../config/adopted";
import type { PowerSettings } from "../config/power";
import { emptyNode, type Presence, type Random } from "../components/guest/presence";
import type { Secret } from "./values";

/** What the stack's settings and the node say beside the files. */
export interface Facts {
  /** The name by which the stack is known on the node. */
  identity: string;
  /** Name of the Proxmox VE node. */
  node: string;
  /** Port that the stack reaches the node's SSH on. */
  sshPort: number;
  /** False for a stack that leaves the host's set-up to another one. */
  hostSetup: boolean;
  /** Folder of the hooks. */
  hooksDir: string;
  /** Hash of the administrator's password, instead of the one in the files. */
  adminPasswordHash?: Secret;
  /** Passwords of Samba users by name. */
  sambaPasswords: Record<string, Secret>;
  /** Whether guests are protected by default: `phoenix:protectGuests`. */
  protectGuests: boolean;
  /** Ids that a change may delete and recreate. */
  allowRecreate: number[];
  /** Ids whose existing guest is taken over. */
  adopt: number[];
  /** Guests that are left as they were adopted, until their entries change; taken over too. */
  adopted: AdoptedSettings;
  /** What the stack says of guests' power. */
  power: PowerSettings;
  /** The node's containers. */
  containers: Presence;
  /** The node's machines. */
  machines: Presence;
  random: Random;
}

/** Facts of the files alone: enough to know which steps there are, and which waits for which. */
export const filesOnly: Facts = {
  ...{ identity: "", node: "", sshPort: 22, hostSetup: true, hooksDir: "", sambaPasswords: {} },
  ...{ protectGuests: true, allowRecreate: [], adopt: [], adopted: new Map(), power: new Map() },
  ...{ containers: emptyNode, machines: emptyNode, random: () => "" },
};
