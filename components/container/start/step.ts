/** A running container. It reports the address of one that has none in its entry. */
import { type ContainerOptions, optionsAtStart } from "../../../config/container-options";
import type { ContainerSpec, MountSpec } from "../../../config/model";
import { roomScripts } from "../../../plan/room";
import type { StepBody } from "../../../plan/step";
import { Reported } from "../../../plan/values";
import { features } from "../configure/step";
import type { OfContainer } from "../of-container";

export interface Settings extends OfContainer {
  /** Name of its network card inside, which is waited for. */
  interface: string;
  /** Who gives it its IPv4 address, which the step then reports; absent where the entry has it. */
  addressBy?: string;
  /** What takes effect only at a start, so that the preview names the restart as a change of its own. */
  restartWhenChanged: ContainerOptions & {
    hostname: string;
    features?: string;
    rawLines: string[];
    gpus?: string[];
    /** Largest packets by the name of the card; absent for none of the entry's. */
    mtu?: Record<string, number>;
    /** Options of devices by their paths. */
    devices?: Record<string, string>;
    /** Options of the root disk. */
    rootfs?: string;
    /** By their place inside: `ro` or `rw`, and the folder of the host, as `rw /tank/models`, or a volume's options. */
    mounts?: Record<string, string>;
  };
}

export const startStep = (spec: ContainerSpec, tag: string): StepBody<Settings> => {
  const { gpus, mounts } = spec;
  return {
    ...roomScripts(__dirname),
    settings: {
      ctid: spec.ctid,
      tag,
      interface: spec.network.name,
      addressBy: isFixed(spec.network) ? undefined : spec.network.ip,
      restartWhenChanged: {
        ...optionsAtStart(spec.options),
        hostname: spec.name,
        features: features(spec),
        rawLines: spec.rawLines,
        ...mtus(spec),
        devices: spec.devices && Object.fromEntries(spec.devices.map(({ path, options }) => [path, options])),
        gpus: gpus.length > 0 ? gpus : undefined,
        rootfs: spec.rootOptions,
        mounts: mounts.length > 0 ? Object.fromEntries(mounts.map(atStart)) : undefined,
      },
    },
  };
};

const isFixed = ({ ip }: ContainerSpec["network"]) => ip.includes("/");

/**
 * A container's address with its prefix length: of its entry, else as the step last found it inside; `dhcp` or `manual` where
 * it found none.
 */
export const addressOf = ({ network }: ContainerSpec, start: string): string | Reported =>
  isFixed(network)
    ? network.ip
    : new Reported(start, "stdout", (stdout) => {
        const { address } = JSON.parse(String(stdout)) as { address?: string };
        return address || network.ip;
      });

/** A card keeps its MTU while the container runs. */
function mtus({ network, cards = [] }: ContainerSpec): { mtu?: Record<string, number> } {
  const all = [{ name: network.name, mtu: network.more?.mtu }, ...cards];
  const said = all.flatMap(({ name, mtu }) => (mtu === undefined ? [] : [[name, mtu] as const]));
  return said.length > 0 ? { mtu: Object.fromEntries(said) } : {};
}

/** What of a mount takes effect at a start: its size, and whether it goes with the container, do not. */
function atStart(mount: MountSpec): [target: string, as: string] {
  const { target, readOnly } = mount;
  const access = readOnly ? "ro" : "rw";
  const more = "source" in mount ? mount.source : mount.options;
  return [target, more === undefined ? access : `${access} ${more}`];
}
