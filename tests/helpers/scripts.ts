import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { repository } from "./repository";

const components = join(repository, "components");

/**
 * A script of an area of `components`, in whatever room of it, by its name without `.sh`: `scriptOf("container", "configure")`
 * is `components/container/configure/configure.sh`. Rooms of areas below the area are theirs.
 */
export function scriptOf(area: string, name: string): string {
  const rooms = readdirSync(join(components, area), { recursive: true, encoding: "utf8" }).filter(
    (file) => file.split("/").length <= 2 && file.split("/").at(-1) === `${name}.sh`,
  );
  assert.equal(rooms.length, 1, `${area}: ${rooms.length} scripts ${name}.sh`);
  return join(components, area, rooms[0]!);
}
