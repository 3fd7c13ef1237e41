/** The host is not there: nobody listens, or it boots. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Host } from "../types";
import type { Effect } from "./book";
import { clearMemory, powerOff } from "./reboot";

/** The host's ways in. */
export interface Ways {
  /** Cuts every connection. */
  drop(): void;
  /** Nobody listens any more; connections that stand stay. */
  shut(which?: "ssh" | "api"): void;
  open(which?: "ssh" | "api"): Promise<void>;
}

/** Connections are refused. */
export function refuseConnections(ways: Ways): Effect {
  return {
    passing: true,
    begin: async (fault, _id, over) => {
      if (fault.kind !== "refuse") return;
      ways.shut(fault.only);
      if (fault.seconds === 0) return;
      void sleep(fault.seconds * 1000, undefined, { ref: false }).then(async () => {
        await ways.open(fault.only);
        over();
      });
    },
    end: async (fault) => {
      if (fault.kind === "refuse") await ways.open(fault.only);
    },
  };
}

/** Everything that runs ends, and the host is back after a while; `boot` starts what starts by itself. */
export function rebootHost(host: Host, ways: Ways, boot: () => Promise<void>): Effect {
  return {
    passing: true,
    begin: async (fault, _id, over) => {
      if (fault.kind !== "reboot") return;
      ways.shut();
      ways.drop();
      powerOff();
      void sleep(fault.seconds * 1000, undefined, { ref: false }).then(async () => {
        clearMemory(host.root);
        await ways.open();
        over();
        await boot();
      });
    },
    end: async () => undefined,
  };
}
