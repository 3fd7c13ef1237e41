/** `net conf`: the configuration in Samba's registry, imported whole, listed and dropped. */
import { existsSync, readFileSync, rmSync } from "node:fs";
import type { Answer, Command, Host } from "../../../types";
import { inRoot } from "../../confined";
import { writeAtomically } from "../../files";
import { readConfiguration, registryFile } from "./smbConf";

const refuse = (stderr: string): Answer => ({ code: 255, stderr: `${stderr}\n` });

export const net: Command = (host, call) => {
  const [area, verb, ...rest] = call.args;
  if (area !== "conf") return refuse(`net: the lab only simulates conf, not ${area ?? "nothing"}`);
  if (verb === "import" && rest.length === 1) return imported(host, `${rest[0]}`, call.cwd);
  if (verb === "list" && rest.length === 0) return { code: 0, stdout: stored(host) };
  if (verb === "drop" && rest.length === 0) {
    rmSync(inRoot(host.root, registryFile), { force: true });
    return { code: 0 };
  }
  return refuse(`net: the lab does not simulate conf ${[verb, ...rest].join(" ")}`);
};

function imported(host: Host, file: string, cwd: string): Answer {
  const path = file.startsWith("/") ? file : `${cwd}/${file}`;
  if (!readConfiguration(host, path).usable) return refuse(`error loading file '${file}'`);
  writeAtomically(inRoot(host.root, registryFile), readFileSync(inRoot(host.root, path), "utf8"));
  return { code: 0 };
}

function stored(host: Host): string {
  const file = inRoot(host.root, registryFile);
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}
