/** `pve-firewall`: the firewall's state from the node's command line. */
import { PveError } from "../errors";
import { status } from "../firewall/daemon";
import type { Tree } from "./command";

const refused = ["compile", "localnet", "restart", "simulate", "start", "stop"];

export function pveFirewall(): Tree {
  return {
    status: {
      parameters: {},
      positions: [],
      run({ host, print, warn }) {
        const { enabled, running, changes, warnings } = status(host);
        warnings.forEach((line) => warn(line));
        const state = `${enabled ? "enabled" : "disabled"}/${running ? "running" : "stopped"}`;
        print(`Status: ${state}${changes ? " (pending changes)" : ""}`);
        return Promise.resolve();
      },
    },
    ...Object.fromEntries(
      refused.map((word) => [
        word,
        {
          parameters: {},
          positions: [],
          run: () => {
            throw new PveError(`the lab does not simulate 'pve-firewall ${word}'`);
          },
        },
      ]),
    ),
  };
}
