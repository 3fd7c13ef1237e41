import { step } from "../api/errors";
import type { WireMap } from "../../shared/wire";
import { flag, number } from "../values";
import type { VmApi } from "./api";

/** Power of one machine during one operation, after the plan's timeouts. */
export class Power {
  /** The operation itself has stopped the machine. */
  stopped = false;

  constructor(
    readonly vm: VmApi,
    readonly planned: WireMap,
    readonly warn: (message: string) => Promise<void>,
  ) {}

  ensureRunning(): Promise<void> {
    return step("VM start", this.vm.ensureRunning(number(this.planned, "timeoutStartVm")));
  }

  /** A machine with an agent is shut down, one without is stopped. */
  async ensureStopped(): Promise<void> {
    if ((await this.vm.status()).status === "stopped") return;
    if (await this.vm.hasAgent()) {
      const seconds = number(this.planned, "timeoutShutdownVm");
      await step("VM shutdown", this.vm.within(seconds).shutdown(seconds));
    } else await step("VM stop", this.vm.within(number(this.planned, "timeoutStopVm")).stop());
    this.stopped = true;
  }

  async restart(): Promise<void> {
    if ((await this.vm.status()).status === "stopped") return;
    const seconds = number(this.planned, "timeoutReboot");
    if (await this.vm.hasAgent()) {
      await this.vm.waitForAgent(seconds);
      await step("VM reboot", this.vm.within(seconds + 3).reboot(seconds));
      return this.vm.within(seconds).waitForStatus("running");
    }
    await this.ensureStopped();
    await this.ensureRunning();
  }

  /**
   * Stops a running machine for changes that need it.
   * @returns `blocked` when the plan forbids it (rebootAfterUpdate is false); a warning has been given.
   */
  async offForChanges(): Promise<"offline" | "blocked"> {
    if (this.stopped || (await this.vm.status()).status === "stopped") return "offline";
    if (!flag(this.planned, "rebootAfterUpdate")) {
      await this.warnOfReboot();
      return "blocked";
    }
    await this.ensureStopped();
    return "offline";
  }

  /** Brings the machine to the planned power state at the end of an update. */
  async finalize(needsReboot: boolean, startedChanged: boolean): Promise<void> {
    if (flag(this.planned, "template")) return this.ensureStopped();
    const isStopped = (await this.vm.status()).status === "stopped";
    if (!flag(this.planned, "started")) {
      if (startedChanged && !isStopped) await this.ensureStopped();
    } else if (isStopped) await this.ensureRunning();
    else if (needsReboot && !this.stopped)
      await (flag(this.planned, "rebootAfterUpdate") ? this.restart() : this.warnOfReboot());
  }

  #warned = false;

  async warnOfReboot(): Promise<void> {
    if (this.#warned) return;
    this.#warned = true;
    await this.warn(
      "a reboot is required to apply configuration changes, but automatic reboots are disabled by " +
        "'reboot_after_update = false'. Please reboot the VM manually.",
    );
  }
}
