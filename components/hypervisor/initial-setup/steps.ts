/** The steps of the host's initial set-up, in their order. */
import { join } from "node:path";
import type { SetupSpec } from "../../../config/model";
import { roomScripts, scriptIn } from "../../../plan/room";
import type { StepBody } from "../../../plan/step";
import { made } from "../guest-needs";

const room = (name: string) => roomScripts(join(__dirname, name));

/** NodeSource's repository for Node.js 20, and the fingerprint of the key that it publishes. */
export const nodeSource = {
  uri: "https://deb.nodesource.com/node_20.x",
  suite: "nodistro",
  component: "main",
  keyUrl: "https://deb.nodesource.com/gpgkey/nodesource-repo.gpg.key",
  fingerprint: "6F71F525282841EEDAF851B42F59B5F99B1BE0B4",
};

/** What reaches the node from anywhere beside SSH: Proxmox VE's interface, NFS and its port mapper. */
const hostRules = ["allow 8006/tcp", "allow 2049/tcp", "allow 111/tcp"];

export interface InitialSetupSettings {
  setup: SetupSpec;
  /** Port that the stack reaches the node's SSH on. */
  sshPort: number;
}

/** A step of the set-up. */
export interface SetupStep extends StepBody {
  /** It confirms the step before it, also when that one is replaced with the same settings. */
  confirms?: true;
}

/** Concern and step, in the order in which they run. */
export function initialSetupSteps({ setup, sshPort }: InitialSetupSettings): [string, SetupStep][] {
  const { name, address, gateway } = setup.bridge;
  const bridge = { bridge: name, address, gateway };
  return [
    ["log-rotation", { ...room("log-rotation"), settings: {} }],
    [
      "repositories",
      {
        ...room("repositories"),
        settings: { nodeSource: setup.nodesource ? nodeSource : undefined },
      },
    ],
    ["upgrade", { ...room("upgrade"), settings: { upgrade: setup.upgrade } }],
    [
      "packages",
      {
        ...room("packages"),
        settings: { packages: packagesOf(setup) },
      },
    ],
    [
      "timezone",
      {
        ...room("timezone"),
        settings: { timezone: setup.timezone },
      },
    ],
    ["chrony", { ...room("chrony"), settings: {} }],
    ...(setup.hostname === undefined
      ? []
      : ([
          [
            "hostname",
            {
              ...room("hostname"),
              settings: { hostname: setup.hostname },
            },
          ],
        ] satisfies [string, StepBody][])),
    [
      "bridge",
      {
        ...room("bridge"),
        makes: [made.bridge(name)],
        settings: bridge,
      },
    ],
    // Over a connection of its own: that it comes about is what it confirms.
    [
      "bridge-confirm",
      {
        script: scriptIn(join(__dirname, "bridge"), "confirm"),
        settings: bridge,
        confirms: true,
      },
    ],
    [
      "hosts",
      {
        ...room("hosts"),
        settings: { address },
      },
    ],
    [
      "resolver",
      {
        ...room("resolver"),
        settings: { nameservers: setup.nameservers },
      },
    ],
    ...(setup.ufw
      ? ([
          [
            "firewall",
            {
              ...room("firewall"),
              makes: [made.bridge(name)],
              settings: { sshPort, bridge: name, rules: hostRules },
            },
          ],
        ] satisfies [string, StepBody][])
      : []),
  ];
}

/** What looks at all of it and changes nothing: script and settings of one step. */
export function initialSetupVerify({ setup, sshPort }: InitialSetupSettings): StepBody {
  const { timezone, hostname, bridge, nameservers, nodesource, ufw } = setup;
  return {
    script: scriptIn(__dirname, "look"),
    settings: {
      timezone,
      hostname,
      bridge: bridge.name,
      address: bridge.address,
      gateway: bridge.gateway,
      nameservers,
      packages: packagesOf(setup),
      nodeSource: nodesource ? nodeSource : undefined,
      ufw,
      sshPort,
      rules: hostRules,
    },
  };
}

/** The original's tools, and what the steps after it use. */
function packagesOf({ nodesource, ufw }: SetupSpec): string[] {
  return ["chrony", "jq", "logrotate", ...(nodesource ? ["nodejs"] : []), "s-tui", ...(ufw ? ["ufw"] : [])];
}
