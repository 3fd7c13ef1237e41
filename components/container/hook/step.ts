/** A script of the user's for a container, run on the host: its hook, or its tests. */
import type { ContainerSpec } from "../../../config/model";
import { roomScripts } from "../../../plan/room";
import type { StepBody } from "../../../plan/step";
import type { OfContainer } from "../of-container";
import type { CarriedFile } from "../../../config/carried-files";
import { readsContainerFile, readsHostFile } from "../../guest/inside";
import type { Hook } from "./hook";

export interface Settings extends OfContainer {
  /** In the names of its log and mark; absent for a hook. */
  step?: "tests";
  /** Name of the script without `.sh`. */
  name: string;
  /** Text of the script; absent where it has other bytes than text. */
  script?: string;
  /** The same in base64, in its place. */
  script64?: string;
  /** What lies beside it, by path relative to it; absent for nothing. */
  files?: CarriedFile[];
  /** Whether it reads the whole container file; absent for no. */
  wholeFile?: true;
  /** Whether it reads the host's file; absent for no. */
  hostFile?: true;
  /** The container's own entry, which the script finds as a file. */
  config: Record<string, unknown>;
  /** Runs it again when what is installed in the container has changed; absent for a hook. */
  digest?: string;
  /** Variables of its environment. */
  environment: Record<string, string>;
}

/** It runs again when its text or the container's entry changes. */
export const hookStep = (
  { ctid, name: hostname, scriptConfig }: ContainerSpec,
  hook: Hook,
  { tag, stack, step, digest }: { tag: string; stack: string } & Partial<Pick<Settings, "step" | "digest">>,
): StepBody<Settings> => ({
  ...roomScripts(__dirname),
  settings: {
    ctid,
    tag,
    step,
    name: hook.name,
    ...hook.script,
    ...(readsContainerFile(hook.script) && { wholeFile: true as const }),
    ...(readsHostFile(hook.script) && { hostFile: true as const }),
    config: scriptConfig,
    digest,
    environment: { PHOENIX_CTID: String(ctid), PHOENIX_HOSTNAME: hostname, PHOENIX_STACK: stack },
  },
});
