/** The user's own script for a container, run on the host after everything else. */
import type { ContainerSpec } from "../../../config/model";
import { roomScripts } from "../../../plan/room";
import type { StepBody } from "../../../plan/step";
import type { OfContainer } from "../of-container";
import type { CarriedFile } from "../../../config/carried-files";
import { readsContainerFile, readsHostFile } from "../../guest/inside";
import type { Hook } from "./hook";

export interface Settings extends OfContainer {
  /** Name of the script without `.sh`, also of its log. */
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
  /** Variables of its environment. */
  environment: Record<string, string>;
}

/** It runs again when its text or the container's entry changes. */
export const hookStep = (
  { ctid, name: hostname, scriptConfig }: ContainerSpec,
  hook: Hook,
  { tag, stack }: { tag: string; stack: string },
): StepBody<Settings> => ({
  ...roomScripts(__dirname),
  settings: {
    ctid,
    tag,
    name: hook.name,
    ...hook.script,
    ...(readsContainerFile(hook.script) && { wholeFile: true as const }),
    ...(readsHostFile(hook.script) && { hostFile: true as const }),
    config: scriptConfig,
    environment: { PHOENIX_CTID: String(ctid), PHOENIX_HOSTNAME: hostname, PHOENIX_STACK: stack },
  },
});
