/** A Samba user: the Linux user, where nothing else makes it, and its password. */
import type { SambaSpec } from "../../../../config/sharing";
import { roomScripts } from "../../../../plan/room";
import type { StepBody } from "../../../../plan/step";
import type { Secret } from "../../../../plan/values";
import { made } from "../../guest-needs";

export interface Settings {
  /** Name of the user. */
  name: string;
  /** Whether the Linux user may be made. */
  create: boolean;
  /** NOT_SET leaves the password alone; absent is refused. */
  password?: Secret;
}

export const userStep = (user: SambaSpec["users"][number], password?: Secret): StepBody<Settings> => ({
  ...roomScripts(__dirname),
  settings: { ...user, password },
  makes: [made.user(user.name)],
});
