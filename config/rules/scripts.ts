/** Scripts that the guests name: present in the environment's folders and runnable, or skipped with a warning. */
import { join } from "node:path";
import { nearest } from "../check";
import { builtInFeatures, defaultFeatures, featureFile, hookName, type ScriptFolder } from "../environment";
import type { Report } from "../findings";
import { isExecutable, scriptFault, scriptLimit } from "../script-file";
import { carriedFault } from "../carried-files";
import { type Context, readable, type Rule } from "./context";

interface Use {
  /** As the warning about scripts that are left out names it. */
  guest: string;
  report: Report;
  path: (string | number)[];
  /** What the file says. */
  value: string;
  /** File name of its script. */
  file: string;
  /** What the entry has carried with it, and the place of that key. */
  carried?: { names: string[]; path: (string | number)[] };
}

/** Application scripts and the features that are not built in. */
export const scripts: Rule = (context) => {
  const { containers, environment, lxcReport, hypervisorReport, hypervisor, lxc } = context;
  // The folders lie beside the container file.
  const machines = lxc ? readable(hypervisor?.vms) : [];
  const guests = [
    ...containers.map(({ id, entry }) => ({
      of: { guest: id, report: lxcReport },
      path: ["lxc_configs", id],
      features: entry.features,
    })),
    ...machines.map(({ item, index }) => ({
      of: { guest: item.name ?? String(index), report: hypervisorReport },
      path: ["vms", index],
      features: item.features,
    })),
  ];
  const applications = containers.flatMap(({ id, entry }): Use[] => {
    const name = entry.application_script;
    const path = ["lxc_configs", id, "application_script"];
    const names = readable(entry.application_files).map(({ item }) => item);
    const carried = { names, path: ["lxc_configs", id, "application_files"] };
    if (name === undefined && names.length > 0)
      lxcReport.warning(
        carried.path,
        "has no effect without an application_script, beside which they lie",
        "name the script, or remove it",
      );
    return name === undefined
      ? []
      : [{ guest: id, report: lxcReport, path, value: name, file: name, carried }];
  });
  const tests = containers.flatMap(({ id, entry }): Use[] => {
    const of = { guest: id, report: lxcReport };
    const at = ["lxc_configs", id];
    const { integration_tests: own, run_integration_tests: isRun, tests: suites = {} } = entry;
    const file = isRun === true ? own?.script : undefined;
    return [
      ...(file === undefined
        ? []
        : [{ ...of, path: [...at, "integration_tests", "script"], value: file, file }]),
      ...Object.entries(suites).flatMap(([suite, cases]) =>
        readable(cases).flatMap(({ item, index }) =>
          item.path === undefined
            ? []
            : [{ ...of, path: [...at, "tests", suite, index, "path"], value: item.path, file: item.path }],
        ),
      ),
    ];
  });
  const inMachines = machines.flatMap(({ item: vm, index }) =>
    readable(vm.post_create_scripts).map(({ item, index: place }): Use => {
      const path = ["vms", index, "post_create_scripts", place];
      return { guest: vm.name ?? String(index), report: hypervisorReport, path, value: item, file: item };
    }),
  );
  const features = guests.flatMap(({ of, path, features }) =>
    readable(features)
      .filter(({ item }) => !builtInFeatures.includes(item))
      .filter(
        ({ item }) => !defaultFeatures.includes(item) || environment.features?.files.has(featureFile(item)),
      )
      .map(({ item, index }): Use => {
        return { ...of, path: [...path, "features", index], value: item, file: featureFile(item) };
      }),
  );
  const { applications: scriptFolder, features: featureFolder } = environment;
  check(applications, scriptFolder, "scripts", "application scripts, and their health checks,");
  check(inMachines, scriptFolder, "scripts", "post_create_scripts, and their health checks,");
  checkHooks(context);
  for (const report of [lxcReport, hypervisorReport]) {
    const own = features.filter((use) => use.report === report);
    check(own, featureFolder, "features", "features that are not built in");
  }
  check(tests, environment.tests, "tests", "tests");
};

/** What is wrong with the script, else with what is carried with it. */
function tellFault(
  { report, path, value, carried }: Use,
  { name, path: folder }: ScriptFolder,
  file: string,
  limit: number,
): void {
  const script = join(folder, file);
  const fault = scriptFault(script, limit);
  if (fault !== undefined) {
    const place = `${name}/${file}`;
    report.mistake(
      path,
      `leads to ${place}, which ${fault.message}`,
      fault.remedy.replace("FILE", place),
      value,
    );
    return;
  }
  const beside = carriedFault(script, carried?.names ?? [], limit);
  if (beside === undefined) return;
  const isNamed = carried?.names.includes(beside.path);
  report.mistake(
    isNamed ? carried!.path : path,
    `has ${name}/${beside.path} carried with ${name}/${file}, which ${beside.message}`,
    beside.remedy,
    isNamed ? beside.path : value,
  );
}

/** Hooks that will be run: those that are executable. */
function checkHooks({ containers, environment, lxcReport: report }: Context): void {
  const { hooks } = environment;
  if (hooks === undefined) return;
  for (const { id } of containers) {
    const file = `${hookName(id)}.sh`;
    const path = join(hooks.path, file);
    if (!hooks.files.has(file) || !isExecutable(path)) continue;
    const place = ["lxc_configs", id];
    const fault = scriptFault(path, scriptLimit.host);
    if (fault !== undefined) {
      const remedy = fault.remedy.replace("FILE", `hooks/${file}`);
      report.mistake(place, `has the hook hooks/${file}, which ${fault.message}`, remedy);
      continue;
    }
    const beside = carriedFault(path, [], scriptLimit.host);
    if (beside !== undefined)
      report.mistake(
        place,
        `has hooks/${beside.path} carried with its hook hooks/${file}, which ${beside.message}`,
        beside.remedy,
      );
  }
}

/**
 * A folder that is there must hold every script. Without the folder there are only the two files, and what
 * they name is left out: one warning for all of it.
 */
function check(uses: Use[], folder: ScriptFolder | undefined, name: string, what: string): void {
  const leftOut: Use[] = [];
  for (const use of uses) {
    const { report, path, value, file } = use;
    const meant = name === "features" ? nearest(value, [...builtInFeatures, ...defaultFeatures]) : undefined;
    if (folder?.files.has(file)) {
      const limit = path[0] === "vms" ? scriptLimit.machine : scriptLimit.container;
      tellFault(use, folder, file, limit);
      continue;
    }
    if (meant !== undefined) {
      report.mistake(path, "is the name of no feature", `did you mean ${meant}?`, value);
    } else if (folder) {
      const remedy = "put the script there, or remove the entry";
      const beside = path[0] === "vms" ? "the container file" : "this file";
      report.mistake(path, `has no script ${name}/${file} beside ${beside}`, remedy, value);
    } else {
      leftOut.push(use);
    }
  }
  const [first] = leftOut;
  if (first === undefined) return;
  const guests = [...new Set(leftOut.map(({ guest }) => guest))].join(", ");
  const [beside, who] = first.path[0] === "vms" ? ["the container file", "VM"] : ["this file", "CT"];
  first.report.warning(
    first.path,
    `there is no folder ${name} beside ${beside}, so ${what} are left out (${who} ${guests})`,
    `make the folder ${name} with ${[...new Set(leftOut.map(({ file }) => file))].join(", ")} in it`,
    first.value,
  );
}
