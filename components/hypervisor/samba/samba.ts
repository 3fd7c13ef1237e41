import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { SambaSpec } from "../../../config";
import type { Host } from "../../host";
import { made } from "../guest-needs";
import { serverStep, type ServerSettings, type ShareScripts } from "../share-steps";
import { sambaConf } from "./conf";

const script = (name: string) => join(__dirname, "scripts", `${name}.sh`);

/** The steps of the area, with their checks. */
export const sambaSteps = {
  server: serverStep,
  user: { script: script("user"), verify: script("user-look"), remove: script("user-remove") },
  folder: { script: script("folder"), verify: script("folder-look"), remove: script("folder-remove") },
  conf: { script: script("conf-write"), verify: script("conf-write-look"), remove: script("conf-remove") },
} satisfies Record<string, ShareScripts>;

export interface SambaArgs {
  host: Host;
  samba: SambaSpec;
  /** Passwords by user, secrets; `NOT_SET` leaves a user's password alone. */
  passwords: Record<string, pulumi.Output<string>>;
}

/**
 * The Samba server, its users, the folder of each share, and our own configuration file, which smb.conf includes.
 *
 * Linux users that the stack makes elsewhere must be there before: name them in `dependsOn`.
 */
export class Samba extends pulumi.ComponentResource {
  constructor(name: string, args: SambaArgs, opts?: pulumi.ComponentResourceOptions) {
    super("phoenix:hypervisor:Samba", name, {}, opts);
    const { host, samba } = args;
    const step = (
      key: string,
      { script, remove }: Pick<ShareScripts, "script" | "remove">,
      settings: pulumi.Input<Record<string, unknown>>,
      dependsOn: pulumi.ResourceOptions["dependsOn"],
      makes?: string[],
    ) => host.step(`${name}-${key}`, { script, remove, makes, settings }, { parent: this, dependsOn });

    const server = step("server", sambaSteps.server, { ...serverSettings }, opts?.dependsOn);
    const users = new Map(
      samba.users.map((user) => {
        const settings = { ...user, password: args.passwords[user.name] };
        return [
          user.name,
          step(`user-${user.name}`, sambaSteps.user, settings, server, [made.user(user.name)]),
        ];
      }),
    );
    const folders = samba.shares.map(({ name: share, path, dataset }) => {
      const settings = { share, path, dataset, owner: samba.owner };
      return step(`folder-${share}`, sambaSteps.folder, settings, users.get(samba.owner));
    });
    const groups = samba.shares.flatMap(({ validUsers }) =>
      validUsers.filter((user) => user.startsWith("@")).map((user) => user.slice(1)),
    );
    const conf = { ...sambaConf(samba), groups: [...new Set(groups)].sort() };
    step("conf", sambaSteps.conf, conf, [...users.values(), ...folders]);
    this.registerOutputs({});
  }
}

const serverSettings: ServerSettings = {
  area: "samba",
  packages: ["samba", "samba-common-bin", "smbclient"],
  units: ["smbd", "nmbd"],
  rules: ["allow 137,138/udp", "allow 139,445/tcp"],
};
