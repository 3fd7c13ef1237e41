import * as pulumi from "@pulumi/pulumi";
import * as proxmoxve from "@muhlba91/pulumi-proxmoxve";
import { emptyNode, Guests, lookAtNode, stackTag } from "./components/container";
import { Host } from "./components/host";
import { Hypervisor } from "./components/hypervisor";
import { notApplied } from "./components/not-applied";
import { ConfigurationError, formatFinding, loadEstate, readStackSettings } from "./config";

/** The estate of a stack: read and check both files, then the host, then its guests. */
async function estate() {
  const settings = readStackSettings();
  const { estate, warnings } = loadEstate(settings.files);
  // The phoenix command has shown them before it asked the engine.
  if (process.env.PHOENIX_WARNINGS_SHOWN === undefined) {
    for (const warning of warnings) void pulumi.log.warn(formatFinding(warning));
  }
  void pulumi.log.info(`Not applied by this version yet: ${notApplied(estate).join("; ")}.`);

  const stack = pulumi.getStack();
  const tag = stackTag(stack);
  const { node, ...login } = settings.api;
  const host = new Host(settings.connection);
  const provider = new proxmoxve.Provider("proxmox", login);
  const presence = estate.containers.length > 0 ? await lookAtNode(provider, node) : emptyNode;

  const hypervisor = new Hypervisor("host", { host, estate });
  const guests = new Guests("guests", {
    host,
    provider,
    node,
    stack,
    tag,
    hypervisor,
    presence,
    templates: estate.templates,
    containers: estate.containers,
    hooksDir: settings.hooksDir,
    allowRecreate: settings.allowRecreate,
    adopt: settings.adopt,
  });

  return {
    node,
    storages: estate.storages.map((storage) => storage.id),
    containers: guests.addresses,
  };
}

export = estate().catch((error: unknown) => {
  // A user's mistake is one report, without a stack trace.
  throw error instanceof ConfigurationError ? new pulumi.RunError(error.message) : error;
});
