import type { SambaSpec } from "../../../config/sharing";
import { component } from "../../../plan/build";
import type { Component, StepBody } from "../../../plan/step";
import type { Secret } from "../../../plan/values";
import { hostStep } from "../host-step";
import { serverStep } from "../share-server/step";
import { confStep } from "./conf/step";
import { folderStep } from "./folder/step";
import { userStep } from "./user/step";

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
  const add = (key: string, body: StepBody, after: string[]): string => {
    const name = `${title}-${key}`;
    steps.push(hostStep(name, body, { needs: after }));
    return name;
  };
  const server = add("server", sambaServer(), needs);
  const users = new Map(
    samba.users.map((user) => {
      const { name } = user;
      return [name, add(`user-${name}`, userStep(user, passwords[name]), [server])];
    }),
  );
  const owner = users.get(samba.owner);
  const folders = samba.shares.map((share) =>
    add(`folder-${share.name}`, folderStep(share, samba.owner), owner === undefined ? [] : [owner]),
  );
  add("conf", confStep(samba), [...users.values(), ...folders]);
  const outputs = { shares: Object.fromEntries(samba.shares.map(({ name, path }) => [name, { path }])) };
  return component("phoenix:hypervisor:Samba", title, { parent, needs, steps, outputs });
}

const sambaServer = () =>
  serverStep({
    area: "samba",
    packages: ["samba", "samba-common-bin", "smbclient"],
    units: ["smbd", "nmbd"],
    rules: ["allow 137,138/udp", "allow 139,445/tcp"],
  });
