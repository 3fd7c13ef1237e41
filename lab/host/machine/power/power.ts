/** Power: what reboot and shutdown come to, and what a start of the system does. */
import { existsSync } from "node:fs";
import type { Answer, Host } from "../../types";
import { log } from "../units/journal";

/** How the lab's daemon carries a reboot or a shutdown out; it cuts connections and ends processes. */
export interface Power {
  /** Everything ends at once and the host comes up again by itself. */
  reboot(): void;
  /** Everything ends and stays off until the lab is started again. */
  off(): void;
}

const powers = new WeakMap<Host, Power>();

/** Connects the host with what can really end it. */
export function attachPower(host: Host, power: Power): void {
  powers.set(host, power);
}

const pending = new WeakMap<Host, NodeJS.Timeout>();

/**
 * A reboot or shutdown: the command returns, then the host goes down. @param afterMs for `shutdown +MINUTES`
 */
export function requestPower(host: Host, verb: "reboot" | "poweroff" | "halt", afterMs = 300): Answer {
  const power = powers.get(host);
  if (power === undefined) return { code: 1, stderr: `${verb}: the lab's daemon has no power switch\n` };
  cancelPower(host);
  const reboots = verb === "reboot";
  const timer = setTimeout(() => {
    // A virtual machine that was switched off meanwhile.
    if (!existsSync(host.root)) return;
    log(host, {
      identifier: "systemd-logind",
      pid: 1,
      message: reboots ? "System is rebooting." : "System is powering down.",
      unit: "systemd-logind.service",
    });
    if (reboots) power.reboot();
    else power.off();
  }, afterMs);
  pending.set(host, timer);
  return { code: 0 };
}

/** Takes a planned shutdown back; false when there was none. */
export function cancelPower(host: Host): boolean {
  const timer = pending.get(host);
  if (timer === undefined) return false;
  clearTimeout(timer);
  pending.delete(host);
  return true;
}
