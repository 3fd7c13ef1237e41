import type * as pulumi from "@pulumi/pulumi";
import { PlannedComponent } from "../../planned-component";

/**
 * NVIDIA's driver on the host, installed by its own .run file: guests with GPUs stop, the driver is installed,
 * the host restarts when it has to, the driver is compared with the wanted version, the guests start again.
 *
 * Each step looks first, so that a step that is listed in a preview still does nothing where nothing is to do.
 * Without a card nothing is done, and the result says so. With `reboot: false` the restart step fails and says what the
 * user has to do.
 */
export class NvidiaDriver extends PlannedComponent {
  declare readonly version: pulumi.Output<string>;
}
