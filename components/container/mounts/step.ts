/** What is mounted in a container. Also without any mount: those that the entry had before are unmounted. */
import type { ContainerSpec } from "../../../config/model";
import { roomScripts } from "../../../plan/room";
import type { StepBody } from "../../../plan/step";
import type { OfContainer } from "../of-container";

export interface Settings extends OfContainer {
  /** Folders of the host, and volumes of the container's own, by their place inside. */
  mounts: (Folder | Volume)[];
}

interface Mount {
  /** Folder in the container. */
  target: string;
  /** Whether nobody inside may write to it. */
  readOnly: boolean;
}

interface Folder extends Mount {
  /** Folder of the host. */
  source: string;
}

interface Volume extends Mount {
  /** Name by which the volume is known again. */
  name: string;
  /** Storage that it lies on. */
  storage: string;
  /** Least size, GiB: it only grows. */
  sizeGb: number;
  /** Whether it is destroyed with the container; absent for no. */
  destroyOnTeardown?: true;
  /** Options of its mount as pct.conf(5) has them, such as `acl=1,backup=1`; absent for none of the entry's. */
  options?: string;
}

export const mountsStep = (spec: ContainerSpec, tag: string): StepBody<Settings> => ({
  ...roomScripts(__dirname),
  settings: mountSettings(spec, tag),
});

function mountSettings({ ctid, mounts }: ContainerSpec, tag: string): Settings {
  return {
    ctid,
    tag,
    mounts: mounts.map((mount) => {
      const { target, readOnly } = mount;
      if ("source" in mount) return { target, readOnly, source: mount.source };
      const { name, storage, sizeGb, destroyOnTeardown, options } = mount;
      return { target, readOnly, name, storage, sizeGb, destroyOnTeardown, options };
    }),
  };
}
