import * as pulumi from "@pulumi/pulumi";
import * as proxmoxve from "@muhlba91/pulumi-proxmoxve";
import { emptyNode, Guests, lookAtNode, notYetOurs, stackTag } from "./components/container";
import { Guard, protectionOf } from "./components/guard";
import { Host } from "./components/host";
import { Hypervisor } from "./components/hypervisor";
import { lookAtMachines, Machines, vmidOf } from "./components/vm";
import {
  ConfigurationError,
  formatFinding,
  isHeld,
  loadEstate,
  readStackSettings,
  sambaPasswords,
  warningCount,
  withPower,
} from "./config";

const UNPROTECTED =
  "phoenix:protectGuests is false: `pulumi destroy` removes the guests, and `up` removes those whose entries are gone " +
  "and makes anew those that a change needs made anew, with their root disks.";

/** The estate of a stack: read and check both files, then the host, then its guests. */
async function estate() {
  const settings = readStackSettings();
  const { estate, warnings } = loadEstate({ ...settings.files, hooksDir: settings.hooksDir });
  // The phoenix command has shown them before it asked the engine.
  if (process.env.PHOENIX_WARNINGS_SHOWN === undefined) {
    const count = warningCount(warnings);
    if (count !== "") void pulumi.log.warn(count);
  }
  const { samba } = estate.host;
  const { passwords, warnings: missing } = samba ? sambaPasswords(samba) : { passwords: {}, warnings: [] };
  for (const warning of missing) void pulumi.log.warn(formatFinding(warning));

  const { identity } = settings;
  const tag = stackTag(identity);
  const { node, ...login } = settings.api;
  const host = new Host(settings.connection, tag);
  const provider = new proxmoxve.Provider("proxmox", login);
  const presence = estate.containers.length > 0 ? await lookAtNode(provider, node) : emptyNode;
  const machinesThere = estate.vms.length > 0 ? await lookAtMachines(provider, node) : emptyNode;

  const { allowRecreate, power, hostSetup, protectGuests } = settings;
  const adopt = [...new Set([...settings.adopt, ...settings.adopted.keys()])];
  const adopted = notYetOurs(settings.adopted, [presence, machinesThere], tag);
  if (!protectGuests) void pulumi.log.warn(UNPROTECTED);
  const containers = withPower(estate.containers, power);
  const { vms } = estate;
  const touched = [...containers, ...vms].some((spec) => !isHeld(spec, adopted));
  const hypervisor = new Hypervisor("host", {
    host,
    estate,
    identity,
    tag,
    setUp: hostSetup ? "all" : touched ? "prepare" : "nothing",
    sshPort: settings.connection.port,
    adminPasswordHash: settings.adminPasswordHash,
    sambaPasswords: passwords,
  });
  const mayGo = (id = 0) => allowRecreate.includes(id);
  const protection = protectionOf(protectGuests, [
    ...containers.map(({ ctid, protect }) => ({ protect, mayGo: mayGo(ctid) })),
    ...vms.map(({ vmid, name, protect }) => ({
      protect,
      mayGo: mayGo(vmid ?? vmidOf(machinesThere, name, tag)),
    })),
  ]);
  new Guard("host-guard", protection, { dependsOn: hypervisor });
  const shared = { host, provider, node, stack: identity, tag, hypervisor, protection };
  // An empty component would be the only one that nothing keeps from `pulumi destroy`.
  const machines =
    vms.length > 0
      ? new Machines("vms", {
          ...shared,
          ...{ allowRecreate, adopt, adopted, power, specs: vms, presence: machinesThere },
          storages: estate.storages.map(({ id }) => id),
          ctids: estate.containers.map(({ ctid }) => ctid),
        })
      : undefined;
  const guests = new Guests("guests", {
    ...shared,
    ...{ allowRecreate, adopt, adopted, presence },
    nvidia: estate.nvidia,
    templates: estate.templates,
    folders: estate.folders,
    containers,
    machines: machines && { all: machines, specs: vms },
    order: estate.guests,
    hooksDir: settings.hooksDir,
  });

  return {
    node,
    storages: estate.storages.map((storage) => storage.id),
    containers: guests.addresses,
    vms: machines?.addresses ?? {},
  };
}

export = estate().catch((error: unknown) => {
  // A user's mistake is one report, without a stack trace.
  throw error instanceof ConfigurationError ? new pulumi.RunError(error.message) : error;
});
