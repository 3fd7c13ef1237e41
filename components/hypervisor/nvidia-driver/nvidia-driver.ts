import * as pulumi from "@pulumi/pulumi";
import type { DriverSpec } from "../../../config";
import type { Host } from "../../host";
import { nvidiaSteps } from "./steps";

export interface NvidiaDriverArgs {
  host: Host;
  driver: DriverSpec;
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
    const { host } = args;
    const steps = nvidiaSteps(args.driver, args.tag);
    const after = (dependsOn: pulumi.ResourceOptions["dependsOn"]) => ({ parent: this, dependsOn });

    const stopped = host.step(`${name}-stop-guests`, steps.stopGuests, after(opts?.dependsOn));
    const installed = host.step(`${name}-install`, steps.install, after(stopped));
    // What a step did is an input of those behind it: they run again whenever it did something. One that is made anew
    // may do the same as the time before, word for word.
    const again = { replaceWith: [installed] };
    const restart = {
      ...steps.restart,
      settings: { ...steps.restart.settings, installed: installed.stdout },
    };
    const restarted = host.step(`${name}-restart`, restart, { ...after(installed), ...again });
    const activate = { ...steps.active, settings: { ...steps.active.settings, installed: installed.stdout } };
    const active = host.step(`${name}-active`, activate, {
      ...after(restarted),
      ...again,
      customTimeouts: { create: restartLimit, update: restartLimit },
      transformations: [dialUntilTheHostIsBack],
    });
    const start = {
      ...steps.startGuests,
      settings: { ...steps.startGuests.settings, stopped: stopped.stdout },
    };
    this.ready = host.step(`${name}-start-guests`, start, after(active));
    this.registerOutputs({});
  }
}

/** A host that restarts refuses connections for minutes; the step's own time limit ends the attempts. */
const dialUntilTheHostIsBack: pulumi.ResourceTransformation = ({ props, opts }) => {
  const given = props as { connection: pulumi.Input<Record<string, unknown>> };
  const connection = pulumi.output(given.connection).apply((to) => ({ ...to, dialErrorLimit: -1 }));
  return { props: { ...props, connection }, opts };
};
