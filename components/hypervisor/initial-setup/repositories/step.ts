/** Repositories of the node: Proxmox VE's without a subscription, and NodeSource's. */
import { roomScripts } from "../../../../plan/room";
import type { StepBody } from "../../../../plan/step";

export interface Settings {
  /** NodeSource's repository; absent removes ours. */
  nodeSource?: {
    /** Where it is. */
    uri: string;
    /** Name of the suite. */
    suite: string;
    /** Name of the component. */
    component: string;
    /** Where its key is published. */
    keyUrl: string;
    /** Fingerprint that the key must have, hexadecimal digits. */
    fingerprint: string;
  };
}

/** NodeSource's repository for Node.js 20, and the fingerprint of the key that it publishes. */
export const nodeSource: Required<Settings>["nodeSource"] = {
  uri: "https://deb.nodesource.com/node_20.x",
  suite: "nodistro",
  component: "main",
  keyUrl: "https://deb.nodesource.com/gpgkey/nodesource-repo.gpg.key",
  fingerprint: "6F71F525282841EEDAF851B42F59B5F99B1BE0B4",
};

export const repositoriesStep = (withNodeSource: boolean): StepBody<Settings> => ({
  ...roomScripts(__dirname),
  settings: { nodeSource: withNodeSource ? nodeSource : undefined },
});
