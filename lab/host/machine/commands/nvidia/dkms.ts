/** dkms over its own tree: /usr/src/<name>-<version> and /var/lib/dkms, with the words of dkms 3. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { Answer, Command, Host } from "../../../types";
import { inRoot } from "../../confined";
import { runningKernel } from "../../kernel/running";

const architecture = "x86_64";

interface Options {
  name?: string;
  version?: string;
  kernel?: string;
  all: boolean;
}

const tree = (host: Host, ...parts: string[]) => join(host.root, "var/lib/dkms", ...parts);
const source = (host: Host, name: string, version: string) => join(host.root, `usr/src/${name}-${version}`);

function folders(path: string): string[] {
  return existsSync(path)
    ? readdirSync(path, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => name)
        .sort()
    : [];
}

/** Where the built module of a kernel is installed. */
const installedAt = (host: Host, kernel: string) =>
  join(host.root, "usr/lib/modules", kernel, "updates/dkms");

function built(host: Host, name: string, version: string): string[] {
  return folders(tree(host, name, version)).filter((kernel) =>
    existsSync(tree(host, name, version, kernel, architecture)),
  );
}

const moduleNames = (host: Host, name: string, version: string): string[] =>
  [
    ...readFileSync(join(source(host, name, version), "dkms.conf"), "utf8").matchAll(
      /^BUILT_MODULE_NAME\[\d+\]="(.*)"$/gm,
    ),
  ].map(([, module = ""]) => module);

const fail = (code: number, text: string): Answer => ({ code, stderr: `Error! ${text}\n` });

function add(host: Host, name: string, version: string): Answer {
  if (!existsSync(join(source(host, name, version), "dkms.conf"))) {
    return fail(
      2,
      `Could not find module source directory.\nDirectory: /usr/src/${name}-${version} does not exist.`,
    );
  }
  if (existsSync(tree(host, name, version))) {
    return fail(
      3,
      `DKMS tree already contains: ${name}/${version}\nYou cannot add the same module/version combo more than once.`,
    );
  }
  mkdirSync(tree(host, name, version, "build"), { recursive: true });
  symlinkSync(`/usr/src/${name}-${version}`, tree(host, name, version, "source"));
  return {
    code: 0,
    stdout: `Creating symlink /var/lib/dkms/${name}/${version}/source -> /usr/src/${name}-${version}\n`,
  };
}

async function build(host: Host, name: string, version: string, kernel: string): Promise<Answer> {
  if (!existsSync(tree(host, name, version))) {
    const added = add(host, name, version);
    if (!("code" in added) || added.code !== 0) return added;
  }
  const target = tree(host, name, version, kernel, architecture);
  if (existsSync(target)) {
    return {
      code: 0,
      stdout: `Module ${name}/${version} already built for kernel ${kernel} (${architecture}), skip.\n`,
    };
  }
  if (!existsSync(inRoot(host.root, `/usr/lib/modules/${kernel}/build/Makefile`))) {
    return fail(
      21,
      `Your kernel headers for kernel ${kernel} cannot be found at /lib/modules/${kernel}/build or /lib/modules/${kernel}/source.\n` +
        `Please install the linux-headers-${kernel} package or use the --kernelsourcedir option to tell DKMS where it's located.`,
    );
  }
  if (!existsSync(join(host.root, "usr/bin/make")) || !existsSync(join(host.root, "usr/bin/gcc"))) {
    return fail(
      10,
      `Bad return status for module build on kernel: ${kernel} (${architecture})\nConsult /var/lib/dkms/${name}/${version}/build/make.log for more information.`,
    );
  }
  await host.latency("dkms build");
  mkdirSync(join(target, "module"), { recursive: true });
  for (const module of moduleNames(host, name, version)) {
    const text = readFileSync(join(source(host, name, version), `${module}.ko.in`), "utf8");
    writeFileSync(join(target, "module", `${module}.ko`), text.replaceAll("@KERNEL@", kernel));
  }
  return { code: 0, stdout: `Building module(s)... done.\n` };
}

async function install(host: Host, name: string, version: string, kernel: string): Promise<Answer> {
  const before = await build(host, name, version, kernel);
  if (!("code" in before) || before.code !== 0) return before;
  const from = tree(host, name, version, kernel, architecture, "module");
  mkdirSync(installedAt(host, kernel), { recursive: true });
  for (const file of readdirSync(from)) {
    writeFileSync(join(installedAt(host, kernel), file), readFileSync(join(from, file)));
  }
  return {
    code: 0,
    stdout: `${before.stdout ?? ""}Installing /lib/modules/${kernel}/updates/dkms/\nRunning depmod... done.\n`,
  };
}

/** Whether the files in a kernel's folder are those of this version. */
function isInstalled(host: Host, name: string, version: string, kernel: string): boolean {
  return moduleNames(host, name, version).every((module) => {
    const file = join(installedAt(host, kernel), `${module}.ko`);
    return existsSync(file) && readFileSync(file, "utf8").includes(`version=${version}\n`);
  });
}

function remove(host: Host, name: string, version: string, { kernel, all }: Options): Answer {
  if (!existsSync(tree(host, name, version))) {
    return fail(3, `The module/version combo: ${name}-${version} is not located in the DKMS tree.`);
  }
  let stdout = "";
  for (const each of all || kernel === undefined ? built(host, name, version) : [kernel]) {
    if (
      existsSync(join(source(host, name, version), "dkms.conf")) &&
      isInstalled(host, name, version, each)
    ) {
      for (const module of moduleNames(host, name, version))
        rmSync(join(installedAt(host, each), `${module}.ko`));
    }
    rmSync(tree(host, name, version, each), { recursive: true, force: true });
    stdout += `Module ${name}/${version} for kernel ${each} (${architecture}):\nBefore uninstall, this module version was ACTIVE on this kernel.\n`;
  }
  if (built(host, name, version).length > 0) return { code: 0, stdout };
  rmSync(tree(host, name, version), { recursive: true });
  if (folders(tree(host, name)).length === 0) rmSync(tree(host, name), { recursive: true });
  return { code: 0, stdout: `${stdout}Deleting module ${name}/${version} completely from the DKMS tree.\n` };
}

function status(host: Host, { name, version, kernel }: Options): Answer {
  const lines = folders(tree(host))
    .filter((each) => name === undefined || each === name)
    .flatMap((each) => folders(tree(host, each)).map((number) => [each, number] as const))
    .filter(([, number]) => version === undefined || number === version)
    .flatMap(([each, number]) => {
      const kernels = built(host, each, number).filter((found) => kernel === undefined || found === kernel);
      if (kernels.length === 0) return kernel === undefined ? [`${each}/${number}: added`] : [];
      return kernels.map((found) => {
        const there =
          existsSync(join(source(host, each, number), "dkms.conf")) && isInstalled(host, each, number, found);
        return `${each}/${number}, ${found}, ${architecture}: ${there ? "installed" : "built"}`;
      });
    });
  return { code: 0, stdout: lines.map((line) => `${line}\n`).join("") };
}

/** Builds for a kernel whatever is in the tree and not there yet: what a new kernel's package runs. */
export async function autoinstall(host: Host, kernel: string): Promise<Answer> {
  let [stdout, stderr, code] = ["", "", 0];
  for (const name of folders(tree(host))) {
    const version = folders(tree(host, name)).at(-1) ?? "";
    if (existsSync(source(host, name, version)) && isInstalled(host, name, version, kernel)) continue;
    const done = await install(host, name, version, kernel);
    if (!("code" in done)) continue;
    stdout += `Sign command: /lib/modules/${kernel}/build/scripts/sign-file\nAutoinstall of module ${name}/${version} for kernel ${kernel} (${architecture})\n${done.stdout ?? ""}`;
    stderr += done.stderr ?? "";
    if (done.code !== 0) code = 11;
  }
  return { code, stdout, stderr };
}

export const dkms: Command = async (host, { args }) => {
  const [action = "", ...rest] = args;
  const options: Options = { all: false };
  const queue = [...rest];
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    if (word === "-m") options.name = queue.shift() ?? "";
    else if (word === "-v") options.version = queue.shift() ?? "";
    else if (word === "-k") options.kernel = (queue.shift() ?? "").split("/")[0] ?? "";
    else if (word === "--all") options.all = true;
    else if (word.startsWith("-")) return fail(1, `Unknown option: ${word}`);
    else [options.name, options.version] = word.split("/", 2) as [string, string | undefined];
  }
  if (options.name?.includes("/"))
    [options.name, options.version] = options.name.split("/", 2) as [string, string];
  const { name, version } = options;
  if (action === "status") return status(host, options);
  const kernel = options.kernel ?? runningKernel(host);
  if (action === "autoinstall") return autoinstall(host, kernel);
  if (!["add", "build", "install", "remove"].includes(action)) {
    return fail(1, `dkms: the lab does not simulate ${action === "" ? "no action" : action}`);
  }
  if (name === undefined || version === undefined || version === "") {
    return fail(
      1,
      `Arguments <module> and <module-version> are not specified.\nUsage: ${action} <module>/<module-version> or\n       ${action} -m <module>/<module-version>`,
    );
  }
  if (action === "add") return add(host, name, version);
  if (action === "remove") return remove(host, name, version, options);
  return action === "build" ? build(host, name, version, kernel) : install(host, name, version, kernel);
};
