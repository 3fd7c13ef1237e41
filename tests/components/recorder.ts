import assert from "node:assert/strict";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { repository } from "../helpers/repository";

/** A resource that a program registered: what Pulumi's engine would be asked for. */
export interface Registered {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
  options: pulumi.CustomResourceOptions;
}

/** Containers, or virtual machines, the mocked node has already. */
export interface NodeGuest {
  vmId: number;
  name: string;
  tags: string[];
}

/** What the mocked node answers. */
interface NodeState {
  guests?: NodeGuest[];
  machines?: NodeGuest[];
  apiDown?: boolean;
}

/** A guest of the stack that the node has already, so that its incarnation is the same in each run. */
export const standing = (vmId: number, name: string): NodeGuest => ({
  vmId,
  name,
  tags: ["phoenix-test", `phoenix-test+${String(vmId).padStart(8, "0")}`],
});

/**
 * Runs a program with a recorder in the place of the engine and returns what it registered, after the last
 * registration has come in.
 */
export async function recordProgram(program: () => unknown, options: NodeState = {}) {
  const registered: Registered[] = [];
  const optionsByName = new Map<string, pulumi.ResourceOptions>();
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs: given }) => {
        const inputs = given as Record<string, unknown>;
        registered.push({ type, name, inputs, options: optionsByName.get(name) ?? {} });
        // The node chooses a machine's VMID in its claim.
        const stdout = /^vm-.*-claim$/.test(name) ? '{"changed":false,"did":[],"vmid":9000}' : "";
        return { id: `${name}-id`, state: { ...inputs, stdout, stderr: "" } };
      },
      call: ({ token }) => {
        if (options.apiDown) throw new Error("connection refused");
        const there = (guests: NodeGuest[] = []) => guests.map((guest) => ({ nodeName: "node", ...guest }));
        if (token === "proxmoxve:index/getVmsLegacy:getVmsLegacy") return { vms: there(options.machines) };
        if (token !== "proxmoxve:index/getContainersLegacy:getContainersLegacy") throw new Error(token);
        return { containers: there(options.guests) };
      },
    },
    "phoenix",
    "test",
    false,
  );
  const outputs = await pulumi.runtime.runInPulumiStack(async () => {
    pulumi.runtime.registerStackTransformation((args) => {
      optionsByName.set(args.name, args.opts);
      return undefined;
    });
    return program();
  });
  await pulumi.runtime.disconnect();
  const own = registered.filter((resource) => resource.type !== "pulumi:pulumi:Stack");
  const names = own.map((resource) => resource.name).sort();
  return {
    outputs,
    registered: own,
    names,
    /** The one resource of this name; throws when there is none. */
    find: (name: string): Registered => {
      const found = own.find((resource) => resource.name === name);
      if (!found) throw new Error(`${name} was not registered; there are ${names.join(", ")}`);
      return found;
    },
  };
}

/** The same for the whole program of a stack with these two files, as `pulumi` runs it. */
export function recordEstate(files: { hypervisorConfig: string; lxcConfigs: string }, options?: NodeState) {
  pulumi.runtime.setAllConfig({
    "phoenix:hypervisorConfig": files.hypervisorConfig,
    "phoenix:lxcConfigs": files.lxcConfigs,
    "phoenix:address": "192.0.2.1",
    "phoenix:hostKey": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGHX8KVmAd1BxRStvPIWHFYIWmR",
    "phoenix:sshPassword": "ssh-password",
    "phoenix:apiPassword": "api-password",
    "phoenix:nodeName": "node",
    "phoenix:drift": "off",
  });
  const program = join(repository, "index.ts");
  // Forgotten with all its resources, also by the list of what this module has loaded.
  delete require.cache[program];
  module.children = module.children.filter(({ filename }) => filename !== program);
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- the program runs when it is loaded
  return recordProgram(() => require(program) as Promise<Record<string, unknown>>, options);
}

/** Names of the resources that one waits for. */
export function waitsFor(resource: Registered): string[] {
  const { dependsOn } = resource.options;
  const list = dependsOn === undefined ? [] : Array.isArray(dependsOn) ? dependsOn : [dependsOn];
  return list.map((other) => nameOf(other as pulumi.Resource)).sort();
}

/** Names of the resources whose replacement makes this one run again. */
export function followsReplacementOf(resource: Registered): string[] {
  return (resource.options.replaceWith ?? []).map(nameOf);
}

/** The settings of a step beside its own name; a secret's too. */
export function settingsOf(registered: Registered): Record<string, unknown> {
  const { stdin } = registered.inputs as { stdin: string | { value: string } };
  const text = typeof stdin === "string" ? stdin : stdin.value;
  const { resource, ...settings } = JSON.parse(text) as Record<string, unknown>;
  assert.equal(resource, registered.name);
  return settings;
}

function nameOf(resource: pulumi.Resource): string {
  return (resource as unknown as { __name: string }).__name;
}
