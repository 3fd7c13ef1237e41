/** A running machine. */
import type { VmSpec } from "../../../config/model";
import { roomScripts } from "../../../plan/room";
import type { StepBody } from "../../../plan/step";
import type { Secret } from "../../../plan/values";
import { passwordHash } from "../configure/step";
import type { OfMachine } from "../of-machine";
import { cloudInitValues, coldValues } from "../values";

export interface Settings extends OfMachine {
  /** Seconds that it may take to shut down before it is stopped hard. */
  timeLimit: number;
  /** Whether the guest agent can be asked. */
  agent: boolean;
  /** What takes effect only at a start, so that the preview names the restart as a change of its own. */
  restartWhenChanged: Record<
    string,
    string | string[] | number | Secret | Record<string, string> | undefined
  >;
}

export const startStep = (own: OfMachine, spec: VmSpec): StepBody<Settings> => ({
  ...roomScripts(__dirname),
  settings: {
    ...own,
    timeLimit: spec.shutdownTimeout,
    agent: spec.agent,
    restartWhenChanged: { ...atStart(spec), ...passwordHash(spec) },
  },
});

/** Without the password. */
export const atStart = (spec: VmSpec) => ({
  ...coldValues(spec),
  ...cloudInitValues(spec),
  sshKeys: spec.cloudInit.sshKeys,
  mac: spec.network.mac,
  name: spec.name,
  snippets: spec.agent ? spec.snippetsStorage : undefined,
  ...(spec.options?.balloon === 0 && { noBalloon: 1 }),
  ...diskOptions(spec),
});

/** Options of disks by their interfaces; whether backups have one changes at once. */
function diskOptions({ disks = [] }: VmSpec): { disks?: Record<string, string> } {
  const said = disks.flatMap(({ interface: at, options = "" }) => {
    const cold = options.replace(/(^|,)backup=[01]/, "").replace(/^,/, "");
    return cold === "" ? [] : [[at, cold] as const];
  });
  return said.length > 0 ? { disks: Object.fromEntries(said) } : {};
}
