/** Checks the id maps of a running container. It has no look: it changes nothing, and `configure` looks at their lines. */
import type { ContainerSpec, MountSpec } from "../../../config/model";
import { roomScripts } from "../../../plan/room";
import type { StepBody } from "../../../plan/step";
import type { OfContainer } from "../of-container";

export interface Settings extends OfContainer {
  /** Lines of the map of users, `GUEST HOST COUNT`. */
  users: string[];
  /** The same of groups. */
  groups: string[];
  /** Folders of the host whose owners it must see, and where it has them. */
  folders: { source: string; target: string }[];
}

export function idmapStep({ ctid, idMap, mounts }: ContainerSpec, tag: string): StepBody<Settings> {
  const lines = (kind: "users" | "groups") =>
    (idMap?.[kind] ?? []).map(({ guest, host, count }) => `${guest} ${host} ${count}`);
  const isFolder = (mount: MountSpec) => "source" in mount;
  const folders = mounts.filter(isFolder).map(({ source, target }) => ({ source, target }));
  return {
    ...roomScripts(__dirname),
    settings: { ctid, tag, users: lines("users"), groups: lines("groups"), folders },
  };
}
