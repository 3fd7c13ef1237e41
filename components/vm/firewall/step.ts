/** A machine's own firewall. */
import type { VmSpec } from "../../../config/model";
import { roomScripts } from "../../../plan/room";
import type { StepBody } from "../../../plan/step";
import { type FirewallSettings, firewallSettings } from "../../guest/firewall";
import type { OfMachine } from "../of-machine";

export interface Settings extends OfMachine, FirewallSettings {}

export const firewallStep = (
  own: OfMachine,
  firewall: NonNullable<VmSpec["firewall"]>,
): StepBody<Settings> => ({
  ...roomScripts(__dirname),
  settings: { ...own, ...firewallSettings(firewall) },
});
