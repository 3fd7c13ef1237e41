/** The steps of the host's initial set-up, in their order: plain data. */
import { join } from "node:path";
import type { HypervisorConfig } from "../../../config";
import type { StepArgs } from "../../host";
import { made } from "../guest-needs";

const script = (name: string) => join(__dirname, "scripts", `${name}.sh`);

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
  hypervisor: HypervisorConfig;
  /** Port that the stack reaches the node's SSH on. */
  sshPort: number;
}

/** A step of the set-up. */
export interface SetupStep extends StepArgs {
  /** It confirms the step before it, also when that one is made anew with the same settings. */
  confirms?: true;
}

/** Concern and step, in the order in which they run. */
export function initialSetupSteps({ hypervisor, sshPort }: InitialSetupSettings): [string, SetupStep][] {
  const wanted = hypervisor.initial_setup;
  const { interfaces } = hypervisor.network;
  const bridge = { bridge: interfaces.name, address: interfaces.address, gateway: interfaces.gateway };
  return [
    ["log-rotation", { script: script("log-rotation"), remove: script("log-rotation-remove"), settings: {} }],
    [
      "repositories",
      {
        script: script("repositories"),
        remove: script("repositories-remove"),
        settings: { nodeSource: wanted.nodesource ? nodeSource : undefined },
      },
    ],
    ["upgrade", { script: script("upgrade"), settings: { upgrade: wanted.upgrade } }],
    [
      "packages",
      {
        script: script("packages-base"),
        settings: { packages: packagesOf(hypervisor) },
      },
    ],
    [
      "timezone",
      {
        script: script("timezone"),
        remove: script("timezone-remove"),
        settings: { timezone: hypervisor.timezone },
      },
    ],
    ["chrony", { script: script("chrony"), settings: {} }],
    ...(wanted.hostname === undefined
      ? []
      : ([
          [
            "hostname",
            {
              script: script("hostname"),
              settings: { hostname: wanted.hostname },
            },
          ],
        ] satisfies [string, StepArgs][])),
    [
      "bridge",
      {
        script: script("bridge"),
        remove: script("bridge-remove"),
        makes: [made.bridge(interfaces.name)],
        settings: bridge,
      },
    ],
    // Over a connection of its own: that it comes about is what it confirms.
    [
      "bridge-confirm",
      {
        script: script("bridge-confirm"),
        settings: bridge,
        confirms: true,
      },
    ],
    [
      "hosts",
      {
        script: script("hosts"),
        remove: script("hosts-remove"),
        settings: { address: interfaces.address },
      },
    ],
    [
      "resolver",
      {
        script: script("resolver"),
        remove: script("resolver-remove"),
        settings: { nameservers: nameserversOf(hypervisor) },
      },
    ],
    ...(wanted.ufw
      ? ([
          [
            "firewall",
            {
              script: script("host-firewall"),
              remove: script("host-firewall-remove"),
              makes: [made.bridge(interfaces.name)],
              settings: { sshPort, bridge: interfaces.name, rules: hostRules },
            },
          ],
        ] satisfies [string, StepArgs][])
      : []),
  ];
}

/** What looks at all of it and changes nothing: script and settings of one step. */
export function initialSetupVerify({ hypervisor, sshPort }: InitialSetupSettings): StepArgs {
  const { interfaces } = hypervisor.network;
  const { hostname, nodesource, ufw } = hypervisor.initial_setup;
  return {
    script: script("verify"),
    settings: {
      timezone: hypervisor.timezone,
      hostname,
      bridge: interfaces.name,
      address: interfaces.address,
      gateway: interfaces.gateway,
      nameservers: nameserversOf(hypervisor),
      packages: packagesOf(hypervisor),
      nodeSource: nodesource ? nodeSource : undefined,
      ufw,
      sshPort,
      rules: hostRules,
    },
  };
}

/** The original's tools, and what the steps after it use. */
function packagesOf({ initial_setup: { nodesource, ufw } }: HypervisorConfig): string[] {
  return ["chrony", "jq", "logrotate", ...(nodesource ? ["nodejs"] : []), "s-tui", ...(ufw ? ["ufw"] : [])];
}

function nameserversOf({ network }: HypervisorConfig): string[] {
  return network.interfaces.dns_nameservers.split(/[ ,]+/).filter((word) => word !== "");
}
