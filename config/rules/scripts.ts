/** Scripts that the containers name: in the environment's folders, or left out with a word. */
import { nearest } from "../check";
import { builtInFeatures, featureFile, type ScriptFolder } from "../environment";
import { type Context, readable, type Rule } from "./context";

interface Use {
  id: string;
  path: (string | number)[];
  /** What the file says. */
  value: string;
  /** File name of its script. */
  file: string;
}

/** Application scripts and the features that are not built in. */
export const scripts: Rule = (context) => {
  const { containers, environment } = context;
  const applications = containers.flatMap(({ id, entry }): Use[] => {
    const name = entry.application_script;
    const path = ["lxc_configs", id, "application_script"];
    return name === undefined ? [] : [{ id, path, value: name, file: name }];
  });
  const features = containers.flatMap(({ id, entry }) =>
    readable(entry.features)
      .filter(({ item }) => !builtInFeatures.includes(item))
      .map(({ item, index }): Use => {
        const path = ["lxc_configs", id, "features", index];
        return { id, path, value: item, file: featureFile(item) };
      }),
  );
  check(
    context,
    applications,
    environment.applications,
    "scripts",
    "application scripts, and their health checks,",
  );
  check(context, features, environment.features, "features", "features that are not built in");
};

/**
 * A folder that is there must hold every script. Without the folder there are only the two files, and what
 * they name is left out: one warning for all of it.
 */
function check(
  { lxcReport: report }: Context,
  uses: Use[],
  folder: ScriptFolder | undefined,
  name: string,
  what: string,
): void {
  const leftOut: Use[] = [];
  for (const use of uses) {
    const { path, value, file } = use;
    const meant = name === "features" ? nearest(value, builtInFeatures) : undefined;
    if (folder?.files.has(file)) continue;
    if (meant !== undefined) {
      report.mistake(path, "is the name of no feature", `did you mean ${meant}?`, value);
    } else if (folder) {
      const remedy = "put the script there, or remove the entry";
      report.mistake(path, `has no script ${name}/${file} beside this file`, remedy, value);
    } else {
      leftOut.push(use);
    }
  }
  const [first] = leftOut;
  if (first === undefined) return;
  const ids = [...new Set(leftOut.map(({ id }) => id))];
  report.warning(
    first.path,
    `there is no folder ${name} beside this file, so ${what} are left out (CT ${ids.join(", ")})`,
    `make the folder ${name} with ${[...new Set(leftOut.map(({ file }) => file))].join(", ")} in it`,
    first.value,
  );
}
