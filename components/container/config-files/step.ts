/** The configuration files as the original's scripts read them, on the node; only with scripts that read them. */
import { roomScripts } from "../../../plan/room";
import type { StepBody } from "../../../plan/step";
import { Secret } from "../../../plan/values";

export interface Settings {
  /** The whole container file; scripts' settings in it may be passwords. */
  containers: Secret;
  /** The whole file of the host, where a hook reads it: it may hold password hashes. */
  host?: Secret;
}

/** The documents as they are in the files, without defaults. */
export const configFilesStep = (
  { containers, host }: { containers: unknown; host: unknown },
  readsHost: boolean,
): StepBody<Settings> => ({
  ...roomScripts(__dirname),
  settings: {
    // It goes into containers, and another one's password is none of their scripts' business.
    containers: new Secret(textOf(containers, ["root_password_hash"])),
    ...(readsHost && { host: new Secret(textOf(host)) }),
  },
});

/** Keys sorted: what differs only in order or spacing is no change. */
const textOf = (document: unknown, leftOut: string[] = []): string =>
  JSON.stringify(
    document,
    (_key, value: unknown) =>
      value !== null && typeof value === "object" && !Array.isArray(value)
        ? Object.fromEntries(
            Object.entries(value)
              .filter(([key]) => !leftOut.includes(key))
              .sort(([a], [b]) => (a < b ? -1 : 1)),
          )
        : value,
    2,
  );
