import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { HypervisorConfig } from "../../../config";
import type { Host } from "../../host";

const script = (name: string) => join(__dirname, "scripts", `${name}.sh`);
const shared = (name: string) => join(__dirname, "..", "scripts", `${name}.sh`);
const guest = join(__dirname, "..", "..", "container", "scripts", "guest.sh");

export interface NvidiaDriverArgs {
  host: Host;
  /** `nvidia_driver` of the host's file. */
  driver: NonNullable<HypervisorConfig["nvidia_driver"]>;
  /** Tag by which the stack knows its own guests. */
  tag: string;
}

/** How long the step behind a restart waits for the host, as Pulumi writes durations. */
const restartLimit = "20m";

/**
 * NVIDIA's driver on the host, installed by its own .run file: guests with GPUs stop, the driver is installed,
 * the host restarts when it has to, the driver is compared with the wanted version, the guests start again.
 *
 * Each step looks first, so that a step that is listed in a preview still does nothing where nothing is to do.
 * Without a card nothing is done, and the result says so. With `reboot: false` the restart step fails with
 * what is left to do.
 */
export class NvidiaDriver extends pulumi.ComponentResource {
  /** The driver works, and the guests that were stopped for it run again. */
  readonly ready: pulumi.Resource;

  constructor(name: string, args: NvidiaDriverArgs, opts?: pulumi.ComponentResourceOptions) {
    super("phoenix:hypervisor:NvidiaDriver", name, {}, opts);
    const { host, driver, tag } = args;
    const { version, dkms } = driver;
    const after = (dependsOn: pulumi.ResourceOptions["dependsOn"]) => ({ parent: this, dependsOn });

    const stopped = host.step(
      `${name}-stop-guests`,
      {
        script: [guest, script("nvidia"), script("stop-guests")],
        settings: { version, tag, why: "running guests with GPUs stop while the driver changes" },
      },
      after(opts?.dependsOn),
    );
    const installed = host.step(
      `${name}-install`,
      {
        script: [
          shared("packages"),
          shared("services"),
          script("nvidia"),
          script("runfile"),
          script("install"),
        ],
        remove: [shared("services"), script("nvidia"), script("remove")],
        settings: { version, dkms, runfileUrl: driver.runfile_url, sha256: driver.runfile_sha256 },
      },
      after(stopped),
    );
    // What the installation did is an input of the steps behind it: they run again whenever it did something.
    const restarted = host.step(
      `${name}-restart`,
      {
        script: [script("nvidia"), script("restart")],
        settings: {
          version,
          allowed: driver.reboot,
          why: restartText(driver.reboot),
          installed: installed.stdout,
        },
      },
      after(installed),
    );
    const active = host.step(
      `${name}-active`,
      {
        script: [shared("services"), script("nvidia"), script("active")],
        settings: { version, installed: installed.stdout },
      },
      {
        ...after(restarted),
        customTimeouts: { create: restartLimit, update: restartLimit },
        transformations: [dialUntilTheHostIsBack],
      },
    );
    this.ready = host.step(
      `${name}-start-guests`,
      {
        script: [guest, script("nvidia"), script("start-guests")],
        settings: { version, stopped: stopped.stdout },
      },
      after(active),
    );
    this.registerOutputs({});
  }
}

function restartText(allowed: boolean): string {
  return allowed
    ? "this host restarts if the driver cannot take effect otherwise; all its guests restart with it"
    : "this host is not restarted; where the driver needs that, the step says so and fails";
}

/** A host that restarts refuses connections for minutes; the step's own time limit ends the attempts. */
const dialUntilTheHostIsBack: pulumi.ResourceTransformation = ({ props, opts }) => {
  const given = props as { connection: pulumi.Input<Record<string, unknown>> };
  const connection = pulumi.output(given.connection).apply((to) => ({ ...to, dialErrorLimit: -1 }));
  return { props: { ...props, connection }, opts };
};

/** What `verify` runs: it only looks, and answers `{"changed":false,"deviations":[…]}`. */
export const nvidiaDriverVerify = (driver: NvidiaDriverArgs["driver"]) => ({
  script: [script("nvidia"), script("verify")],
  settings: { version: driver.version, dkms: driver.dkms },
});
