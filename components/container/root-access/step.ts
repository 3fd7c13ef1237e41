/** Who may log in to a container as its root. */
import type { ContainerSpec } from "../../../config/model";
import { roomScripts } from "../../../plan/room";
import type { StepBody } from "../../../plan/step";
import { Secret } from "../../../plan/values";
import type { OfContainer } from "../of-container";

export interface Settings extends OfContainer {
  /** Lines of root's authorized_keys; others in it stay. */
  keys: string[];
  /** Hash of root's password as /etc/shadow has it; absent leaves the password as it was before ours. */
  passwordHash?: Secret;
}

export const rootAccessStep = (
  { ctid, rootAccess }: Pick<ContainerSpec, "ctid" | "rootAccess">,
  tag: string,
): StepBody<Settings> => ({
  ...roomScripts(__dirname),
  settings: {
    ctid,
    tag,
    keys: rootAccess?.keys ?? [],
    passwordHash: rootAccess?.passwordHash === undefined ? undefined : new Secret(rootAccess.passwordHash),
  },
});
