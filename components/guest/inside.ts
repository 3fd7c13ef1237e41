/** Scripts that run inside guests: what containers and machines have in common. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type CarriedFile, carriedFiles, commonUtils } from "../../config/carried-files";
import { readScript, type ScriptContent } from "../../config/script-file";
import { guestScriptText } from "../host/script";

/** A script as the settings of the step that runs it inside a guest have it. */
export interface InsideScript {
  /** Name of the step within the guest, also of its log. */
  step: string;
  /** Text of the script; absent where it has other bytes than text. */
  script?: string;
  /** The same in base64, in its place. */
  script64?: string;
  /** Most seconds that it may take. */
  seconds: number;
  /** What lies beside it, by path relative to it; absent for nothing. */
  files?: CarriedFile[];
  /** Variables of its environment. */
  environment: Record<string, string>;
  /** The guest's file with its own entry alone; absent for a built-in feature. */
  config?: Record<string, unknown>;
  /** Whether it reports itself what it did (`did` in features/prelude.sh); absent for no. */
  reports?: true;
  /** What its exit codes mean; absent where nobody knows. */
  reasons?: Record<string, string>;
}

/** Most seconds a feature or a script of the user's may take. */
export const timeLimit = 3600;

/** The text of a built-in feature, or of what runs inside guests beside them. */
export const builtIn = (name: string) => guestScriptText(join(__dirname, "features", `${name}.sh`));

/** Reasons behind the exit codes of the built-in features (features/*.sh), as the original numbers them. */
export const reasonsFor = (guest: "container" | "machine") => ({
  "2": "invalid input",
  "3": `the ${guest} was not found`,
  "4": "the configuration of the host or of the guest does not permit it",
  "5": "the installation failed",
  "6": "the restart failed",
});

/** A script of the user's with what is carried with it. */
export type OwnScript = ScriptContent & { files?: CarriedFile[] };

/** Reads a script of the user's; the original's functions are carried where it, or what is carried with it, names them. */
export function ownScript(path: string, named: readonly string[] = []): OwnScript {
  const script = readScript(path);
  const own = carriedFiles(path, named);
  const files =
    names({ ...script, files: own }, [commonUtils]) && !own.some((file) => file.path === commonUtils)
      ? [...own, { path: commonUtils, mode: "644", text: readFileSync(utilsFile, "utf8") }]
      : own;
  return { ...script, ...(files.length > 0 && { files }) };
}

const utilsFile = join(__dirname, "scripts", commonUtils);

/** Whether a script, or what is carried with it, has one of these words. */
function names(script: OwnScript, words: readonly string[]): boolean {
  const texts = [
    "script" in script ? script.script : "",
    ...(script.files ?? []).map(({ text = "" }) => text),
  ];
  return texts.some((text) => words.some((word) => text.includes(word)));
}

/** Whether a script reads the whole container file: by its variable, its name, its place or the original's functions. */
export const readsContainerFile = (script: OwnScript) =>
  names(script, ["LXC_CONFIG_FILE", "phoenix_lxc_configs", "/tmp/phoenix_run", commonUtils]);

/** Whether a script reads the host's file. */
export const readsHostFile = (script: OwnScript) =>
  names(script, ["HYPERVISOR_CONFIG_FILE", "phoenix_hypervisor_config"]);

/** What the environment of the user's scripts says of a guest. */
export const variables = ({ name, gpus }: { name: string; gpus: string[] }, stack: string) => ({
  PHOENIX_HOSTNAME: name,
  PHOENIX_STACK: stack,
  PHOENIX_GPU: gpuFlag(gpus),
});

export const gpuFlag = (gpus: string[]) => (gpus.length > 0 ? "1" : "0");

/** A digest of everything that is installed in a guest. */
export function digestOf(installed: unknown[]): string {
  return createHash("sha256").update(JSON.stringify(installed)).digest("hex").slice(0, 16);
}
