import { join } from "node:path";
import type { SambaSpec } from "../../../config/sharing";
import { component } from "../../../plan/build";
import { roomScripts, type RoomScripts } from "../../../plan/room";
import type { Component } from "../../../plan/step";
import type { Secret } from "../../../plan/values";
import { made } from "../guest-needs";
import { hostStep } from "../host-step";
import { serverStep, type ServerSettings } from "../share-server/share-steps";
import { sambaConf } from "./conf";

const room = (name: string) => roomScripts(join(__dirname, name));

/** The scripts of the area's steps. */
export const sambaSteps = {
  server: serverStep,
  user: room("user"),
  folder: room("folder"),
  conf: room("conf"),
} satisfies Record<string, RoomScripts>;

const serverSettings: ServerSettings = {
  area: "samba",
  packages: ["samba", "samba-common-bin", "smbclient"],
  units: ["smbd", "nmbd"],
  rules: ["allow 137,138/udp", "allow 139,445/tcp"],
};

/**
 * The Samba server, its users, the folder of each share, and our own configuration file, which smb.conf includes.
 *
 * @param passwords by user; `NOT_SET` leaves a user's password alone
 * @param needs what has to be there before, Linux users that the stack makes elsewhere among it
 */
export function planSamba(
  title: string,
  { samba, passwords }: { samba: SambaSpec; passwords: Record<string, Secret> },
  parent: string | undefined,
  needs: string[],
): Component {
  const steps: Component["steps"] = [];
  const add = (
    key: string,
    scripts: RoomScripts,
    settings: object,
    after: string[],
    makes?: string[],
  ): string => {
    const name = `${title}-${key}`;
    steps.push(hostStep(name, { ...scripts, settings, makes }, { needs: after }));
    return name;
  };
  const server = add("server", sambaSteps.server, serverSettings, needs);
  const users = new Map(
    samba.users.map((user) => {
      const settings = { ...user, password: passwords[user.name] };
      return [
        user.name,
        add(`user-${user.name}`, sambaSteps.user, settings, [server], [made.user(user.name)]),
      ];
    }),
  );
  const owner = users.get(samba.owner);
  const folders = samba.shares.map(({ name: share, path, dataset }) => {
    const settings = { share, path, dataset, owner: samba.owner };
    return add(`folder-${share}`, sambaSteps.folder, settings, owner === undefined ? [] : [owner]);
  });
  const groups = samba.shares.flatMap(({ validUsers }) =>
    validUsers.filter((user) => user.startsWith("@")).map((user) => user.slice(1)),
  );
  const conf = { ...sambaConf(samba), groups: [...new Set(groups)].sort() };
  add("conf", sambaSteps.conf, conf, [...users.values(), ...folders]);
  const outputs = { shares: Object.fromEntries(samba.shares.map(({ name, path }) => [name, { path }])) };
  return component("phoenix:hypervisor:Samba", title, { parent, needs, steps, outputs });
}
