import { randomBytes } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import * as proxmoxve from "@muhlba91/pulumi-proxmoxve";
import { EstateResources } from "./components/estate";
import { lookAtMachines, lookAtNode } from "./components/guest/look";
import { emptyNode } from "./components/guest/presence";
import { stackTag } from "./components/guest/texts";
import { lookForDrift } from "./components/drift";
import { Host } from "./components/host";
import {
  ConfigurationError,
  formatFinding,
  loadEstate,
  readStackSettings,
  sambaPasswords,
  warningCount,
} from "./config";
import { planEstate } from "./plan/estate";
import { Secret } from "./plan/values";

const UNPROTECTED =
  "phoenix:protectGuests is false: `pulumi destroy` removes the guests, and `up` removes those whose entries are gone " +
  "and recreates those that a change needs recreated, with their root disks.";

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

  const { identity, connection, protectGuests, adminPasswordHash } = settings;
  const { node, ...login } = settings.api;
  const provider = new proxmoxve.Provider("proxmox", login);
  const containers = estate.containers.length > 0 ? await lookAtNode(provider, node) : emptyNode;
  const machines = estate.vms.length > 0 ? await lookAtMachines(provider, node) : emptyNode;
  if (!protectGuests) void pulumi.log.warn(UNPROTECTED);

  const plan = planEstate(estate, {
    ...settings,
    ...{ node, containers, machines, sshPort: connection.port },
    adminPasswordHash: adminPasswordHash && new Secret(adminPasswordHash),
    sambaPasswords: Object.fromEntries(
      Object.entries(passwords).map(([user, password]) => [user, new Secret(password)]),
    ),
    random: (bytes) => randomBytes(bytes).toString("hex"),
  });
  const drift = await lookForDrift(plan, settings);
  for (const warning of drift.warnings) void pulumi.log.warn(warning);
  const host = new Host(connection, stackTag(identity), drift);
  const outputs = new EstateResources(host, { provider, node, stack: identity }).add(plan);
  return { node, storages: estate.storages.map((storage) => storage.id), ...outputs };
}

export = estate().catch((error: unknown) => {
  // A user's mistake is one report, without a stack trace.
  throw error instanceof ConfigurationError ? new pulumi.RunError(error.message) : error;
});
