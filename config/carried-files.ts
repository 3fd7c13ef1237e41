/** What lies beside a script and is carried with it: files and folders, byte for byte, with their modes. */
import { isUtf8 } from "node:buffer";
import { accessSync, constants, lstatSync, readdirSync, readFileSync, type Stats } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { ScriptFault } from "./script-file";
import { sortBy } from "./sort-by";

/** A file, or a folder, which has no content. */
export interface CarriedFile {
  /** Relative to the script's folder, here and in the guest. */
  path: string;
  /** In octal digits, such as 644. */
  mode: string;
  /** Absent where the file has other bytes than text. */
  text?: string;
  /** The same in base64, in its place. */
  base64?: string;
}

/** File name of the functions that the original's scripts read in their first lines. */
export const commonUtils = "phoenix_hypervisor_common_utils.sh";

/** Folder that is carried with each script beside it. */
const library = "lib";

/**
 * Names of what is carried with a script: the folder `lib`, the user's own common functions, what has the script's name
 * (`web` or `web.conf` for `web.sh`; not `web.prod.sh`, which is a script itself), and what the entry names.
 */
function carriedNames(script: string, named: readonly string[]): string[] {
  const file = basename(script);
  const stem = file.replace(/\.sh$/, "");
  const isOfScript = (name: string) =>
    name === stem || (name.startsWith(`${stem}.`) && !name.startsWith(file) && !name.endsWith(".sh"));
  const beside = readdirSync(dirname(script)).filter(
    (name) => name !== file && (name === library || name === commonUtils || isOfScript(name)),
  );
  return [...new Set([...beside, ...named])];
}

/** Everything that is carried, a folder before what is in it; what is not there throws. */
function* walk(folder: string, names: readonly string[]): Generator<{ path: string; stats: Stats }> {
  for (const path of names) {
    const stats = lstatSync(join(folder, path));
    yield { path, stats };
    if (stats.isDirectory()) {
      yield* walk(
        folder,
        readdirSync(join(folder, path)).map((name) => `${path}/${name}`),
      );
    }
  }
}

/** Reads what is carried with a script, by path. */
export function carriedFiles(script: string, named: readonly string[] = []): CarriedFile[] {
  const folder = dirname(script);
  const files = new Map<string, CarriedFile>();
  for (const { path, stats } of walk(folder, carriedNames(script, named))) {
    const mode = (stats.mode & 0o777).toString(8);
    files.set(path, { path, mode, ...(!stats.isDirectory() && contentOf(readFileSync(join(folder, path)))) });
  }
  return sortBy([...files.values()], ({ path }) => path);
}

const contentOf = (bytes: Buffer): Pick<CarriedFile, "text" | "base64"> =>
  isUtf8(bytes) && !bytes.includes(0)
    ? { text: bytes.toString("utf8") }
    : { base64: bytes.toString("base64") };

/**
 * Why something cannot be carried with a script, and its path; undefined where everything can. Together with the script it
 * may have `limit` bytes.
 */
export function carriedFault(
  script: string,
  named: readonly string[],
  limit: number,
): (ScriptFault & { path: string }) | undefined {
  const folder = dirname(script);
  let size = lstatSync(script).size;
  let path = "";
  try {
    for (const name of carriedNames(script, named)) {
      path = name;
      for (const found of walk(folder, [name])) {
        path = found.path;
        const fault = placeFault(path, found.stats);
        if (fault !== undefined) return { path, ...fault };
        accessSync(join(folder, path), constants.R_OK);
        size += found.stats.size;
      }
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return {
      path,
      message: code === "ENOENT" ? "is not there" : `cannot be read (${code ?? String(error)})`,
      remedy: "put it beside the script, readable, or take its name out",
    };
  }
  if (size <= limit) return undefined;
  const kib = (bytes: number) => `${Math.ceil(bytes / 1024).toLocaleString("en")} KiB`;
  return {
    path,
    message: `has, with the script and all that is carried with it, ${kib(size)}, and ${kib(limit)} may be carried`,
    remedy: "let the script fetch what is large, or read it from a shared folder",
  };
}

function placeFault(path: string, stats: Stats): ScriptFault | undefined {
  if (/\p{Cc}/u.test(path)) return { message: "has a control character in its name", remedy: "rename it" };
  if (stats.isDirectory() || stats.isFile()) return undefined;
  const kind = stats.isSymbolicLink() ? "a link" : "neither a file nor a folder";
  return { message: `is ${kind}`, remedy: "put the file itself there" };
}
