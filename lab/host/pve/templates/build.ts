/** Makes template archives on the host. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PveError } from "../errors";
import type { Host } from "../../types";
import type { Template } from "./catalogue";

const BUILD = readFileSync(join(__dirname, "build.sh"), "utf8");

/** Makes the archive of a template at an absolute path of the host. */
export async function buildTemplate(host: Host, template: Template, target: string): Promise<void> {
  const variables = [
    `OS=${template.os}`,
    `VERSION=${template.version}`,
    `CODENAME=${template.codename}`,
    `SYSTEMD=${template.systemd ?? ""}`,
    `TARGET=${target}`,
  ];
  const done = await host.run(["env", ...variables, "bash", "-s"], { input: BUILD });
  if (done.code !== 0) throw new PveError(`download of '${template.file}' failed: ${done.stderr.trim()}`);
}
