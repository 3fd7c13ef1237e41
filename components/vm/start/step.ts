/** A running machine. */
import type { VmSpec } from "../../../config/model";
import { roomScripts } from "../../../plan/room";
import type { StepBody } from "../../../plan/step";
import type { Secret } from "../../../plan/values";
import { disksOf, passwordHash } from "../configure/step";
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
  ...macs(spec),
  name: spec.name,
  snippets: spec.agent ? spec.snippetsStorage : undefined,
  ...(spec.options?.balloon === 0 && { noBalloon: 1 }),
  ...diskOptions(spec),
});

/** MAC addresses of the other cards that cloud-init gives an address: it knows a card by them. */
function macs({ networks = [] }: VmSpec): { macs?: Record<string, string> } {
  const said = networks.flatMap(({ interface: at, mac, ipconfig }) =>
    mac === undefined || ipconfig === undefined ? [] : [[at, mac] as const],
  );
  return said.length > 0 ? { macs: Object.fromEntries(said) } : {};
}

/** Options of disks by their interfaces; whether backups have one changes at once. */
function diskOptions(spec: VmSpec): { disks?: Record<string, string> } {
  const said = (disksOf(spec).disks ?? []).flatMap(({ interface: at, options = "" }) => {
    const cold = options.replace(/(^|,)backup=[01]/, "").replace(/^,/, "");
    return cold === "" ? [] : [[at, cold] as const];
  });
  return said.length > 0 ? { disks: Object.fromEntries(said) } : {};
}
