/** Whom a service runs as: `User=` and `Group=`, see systemd.exec(5). */
import { existsSync, readFileSync } from "node:fs";
import type { Host } from "../../types";
import { inRoot } from "../confined";
import { setting } from "./files";
import type { Loaded } from "./state";

export interface Credentials {
  /** Command line that becomes the user. */
  prefix: string[];
  variables: Record<string, string>;
}

/** Undefined when the user or the group is unknown; nothing to do for root. */
export function credentials(host: Host, { file }: Loaded): Credentials | undefined {
  const user = setting(file, "Service", "User").at(-1) ?? "";
  const group = setting(file, "Service", "Group").at(-1) ?? "";
  if (user === "" && group === "") return { prefix: [], variables: {} };
  const found = lookup(host, "passwd", user === "" ? "root" : user);
  const gid = group === "" ? found?.[3] : lookup(host, "group", group)?.[2];
  if (found === undefined || gid === undefined) return undefined;
  const [name = "", , uid = "", , , home = "/", shell = "/bin/sh"] = found;
  return {
    prefix: ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--init-groups", "--"],
    variables: user === "" ? {} : { HOME: home, LOGNAME: name, USER: name, SHELL: shell },
  };
}

/** A line of the host's own file, by name or number. */
function lookup(host: Host, database: "passwd" | "group", word: string): string[] | undefined {
  const path = inRoot(host.root, `/etc/${database}`);
  const lines = existsSync(path) ? readFileSync(path, "utf8").split("\n") : [];
  return lines.map((line) => line.split(":")).find((fields) => fields[0] === word || fields[2] === word);
}
