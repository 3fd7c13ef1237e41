import { randomBytes } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import * as proxmoxve from "@muhlba91/pulumi-proxmoxve";
import type { ContainerFacts } from "../../components/container/plan";
import { planContainer } from "../../components/container/plan";
import { EstateResources } from "../../components/estate";
import { Host, type HostConnection } from "../../components/host";
import type { ContainerSpec } from "../../config";
import type { Facts } from "../../plan/facts";
import type { Plan } from "../../plan/step";
import { containerSpec } from "./specs";

/** A node that is nowhere. */
const connection: HostConnection = {
  address: "192.0.2.1",
  port: 22,
  user: "root",
  hostKey: "ssh-ed25519 AAAA",
};

export const testProvider = () => new proxmoxve.Provider("proxmox", { endpoint: "https://192.0.2.1:8006/" });

/** Registers a plan, or only some of its parts, as the program does; gives what the stack exports. */
export function register(
  plan: Partial<Plan>,
  provider?: proxmoxve.Provider,
  to: Partial<HostConnection> = {},
): Record<string, unknown> {
  const host = new Host({ ...connection, ...to });
  const whole = { parts: [], warnings: [], outputs: { containers: {}, vms: {} }, ...plan };
  let own = provider;
  const target = {
    node: "node",
    stack: "test",
    /** Made when something over the API is registered. */
    get provider() {
      return (own ??= testProvider());
    },
  };
  return new EstateResources(host, target).add(whole);
}

/** Registers one container, as its entry and the stack say. */
export function registerContainer(
  spec: ContainerSpec = containerSpec(),
  facts: Partial<ContainerFacts> = {},
): void {
  const { component } = planContainer(`ct-${spec.ctid}`, undefined, spec, {
    ...{
      stack: "test",
      tag: "phoenix-test",
      node: "node",
      protect: true,
      guarded: true,
      adopt: false,
      needs: [],
      configFiles: "guests-config-files",
    },
    ...facts,
  });
  register({ parts: [component] }, undefined, { privateKey: pulumi.secret("key") });
}

/** What the stack `test` says beside its files. */
export const facts = (over: Partial<Facts> = {}): Facts => ({
  ...{ identity: "test", node: "node", sshPort: 22, hostSetup: true, hooksDir: "/nonexistent" },
  ...{ sambaPasswords: {}, protectGuests: true, allowRecreate: [], adopt: [] },
  ...{ adopted: new Map(), power: new Map(), containers: new Map(), machines: new Map() },
  random: (bytes) => randomBytes(bytes).toString("hex"),
  ...over,
});
