/** A container's own firewall. */
import type { ContainerSpec } from "../../../config/model";
import { roomScripts } from "../../../plan/room";
import type { StepBody } from "../../../plan/step";
import { type FirewallSettings, firewallSettings } from "../../guest/firewall";
import type { OfContainer } from "../of-container";

export interface Settings extends OfContainer, FirewallSettings {}

export const firewallStep = (
  { ctid }: ContainerSpec,
  firewall: NonNullable<ContainerSpec["firewall"]>,
  tag: string,
): StepBody<Settings> => ({
  ...roomScripts(__dirname),
  settings: { ctid, tag, ...firewallSettings(firewall) },
});
