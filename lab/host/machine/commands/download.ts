/** curl and wget: what the lab's network serves, so that no request leaves the machine; `file:` is real. */
import { appendFileSync, chownSync, existsSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import type { Answer, Call, Command, CommandTable, Host } from "../../types";
import { inRoot } from "../confined";
import { fetchUrl } from "../download/catalogue";
import { resolves } from "../network/names";
import { realProgram } from "../packages/programs";

const notFound = "<html><head><title>404 Not Found</title></head></html>\n";

/** Writes a download for the caller, owned like the folder it lies in: a guest's users count otherwise. */
function save(host: Host, call: Call, path: string, body: Buffer, append = false): boolean {
  const target = inRoot(call.guest?.root ?? host.root, resolve(call.cwd, path));
  if (!existsSync(dirname(target)) || (existsSync(target) && statSync(target).isDirectory())) return false;
  const fresh = !existsSync(target);
  if (append) appendFileSync(target, body);
  else writeFileSync(target, body);
  const { uid, gid } = statSync(dirname(target));
  if (fresh) chownSync(target, uid, gid);
  return true;
}

function sizeOf(host: Host, call: Call, path: string): number {
  const target = inRoot(call.guest?.root ?? host.root, resolve(call.cwd, path));
  return existsSync(target) ? statSync(target).size : 0;
}

interface Curl {
  urls: string[];
  fail: boolean;
  silent: boolean;
  showError: boolean;
  head: boolean;
  resume: boolean;
  remoteName: boolean;
  output?: string;
  protocols?: string[];
  writeOut?: string;
}

const valued = [
  "-o",
  "--output",
  "--proto",
  "--max-time",
  "-m",
  "--retry",
  "--connect-timeout",
  "-C",
  "--continue-at",
  "-w",
  "--write-out",
  "--retry-delay",
  "--retry-max-time",
  "-H",
  "--header",
  "-A",
  "--user-agent",
  "--proto-redir",
  "--tlsv",
];

function parseCurl(call: Call): Curl | Answer {
  const curl: Curl = {
    urls: [],
    fail: false,
    silent: false,
    showError: false,
    head: false,
    resume: false,
    remoteName: false,
  };
  const queue = call.args.flatMap((word) => {
    const [, letters = ""] = /^-([fsSLOIkgv#i4]{2,}[oCmw]?)$/.exec(word) ?? [];
    if (letters !== "") return letters.split("").map((letter) => `-${letter}`);
    const [, option = "", value = ""] = /^(-[oCmwHA])(.+)$/.exec(word) ?? [];
    return option === "" ? [word] : [option, value];
  });
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    const value = valued.includes(word) ? queue.shift() : "";
    if (value === undefined)
      return {
        code: 2,
        stderr: `curl: option ${word}: requires parameter\ncurl: try 'curl --help' for more information\n`,
      };
    if (word === "-f" || word === "--fail") curl.fail = true;
    else if (word === "-s" || word === "--silent") curl.silent = true;
    else if (word === "-S" || word === "--show-error") curl.showError = true;
    else if (word === "-I" || word === "--head") curl.head = true;
    else if (word === "-O" || word === "--remote-name") curl.remoteName = true;
    else if (word === "-o" || word === "--output") curl.output = value;
    else if (word === "-C" || word === "--continue-at") curl.resume = value === "-";
    else if (word === "--proto") curl.protocols = value.replace(/^=/, "").split(",");
    else if (word === "-w" || word === "--write-out") curl.writeOut = value;
    else if (
      [
        "-L",
        "--location",
        "-4",
        "--ipv4",
        "--tlsv1.2",
        "--tlsv1.3",
        "-#",
        "--progress-bar",
        "--compressed",
        "--retry-connrefused",
        "--retry-all-errors",
        "--no-progress-meter",
        "--create-dirs",
      ].includes(word) ||
      valued.includes(word)
    )
      continue;
    else if (word.startsWith("-")) return { code: 2, stderr: `curl: the lab does not simulate ${word}\n` };
    else curl.urls.push(word);
  }
  return curl;
}

/** Messages of curl 8.14. */
const curl: Command = async (host, call) => {
  if (call.args.some((word) => word.startsWith("file:"))) return real(host, call);
  const asked = parseCurl(call);
  if ("code" in asked || "exec" in asked) return asked;
  const { urls, silent, showError } = asked;
  const fail = (code: number, message: string): Answer => ({
    code,
    stderr: silent && !showError ? "" : `curl: (${code}) ${message}\n`,
  });
  const [address] = urls;
  if (address === undefined) return fail(2, "no URL specified");
  if (urls.length > 1) return { code: 2, stderr: "curl: the lab does not simulate several URLs\n" };
  let url: URL;
  try {
    url = new URL(/^[a-z]+:\/\//.test(address) ? address : `http://${address}`);
  } catch {
    return fail(3, "URL rejected: Malformed input to a URL function");
  }
  const protocol = url.protocol.slice(0, -1);
  if (!["http", "https"].includes(protocol)) return fail(1, `Protocol "${protocol}" not supported`);
  if (asked.protocols !== undefined && !asked.protocols.includes(protocol))
    return fail(1, `Protocol "${protocol}" disabled`);
  await host.latency("download");
  const found = fetchUrl(url);
  if (found.status === 0 || !resolves(host, url.hostname))
    return fail(6, `Could not resolve host: ${url.hostname}`);
  if (found.status === 404 && asked.fail) return fail(22, "The requested URL returned error: 404");
  let body = found.status === 404 ? Buffer.from(notFound) : found.body;
  const told = (asked.writeOut ?? "")
    .replaceAll("%{http_code}", String(found.status))
    .replaceAll("%{size_download}", String(body.length))
    .replaceAll("\\n", "\n");
  if (asked.head)
    return { code: 0, stdout: `HTTP/2 ${found.status} \r\ncontent-length: ${body.length}\r\n\r\n${told}` };
  const output = asked.output ?? (asked.remoteName ? basename(url.pathname) : "-");
  if (output === "-") return { code: 0, stdout: body.toString() + told };
  if (output === "/dev/null") return { code: 0, stdout: told };
  const there = asked.resume ? sizeOf(host, call, output) : 0;
  if (there > 0 && there >= body.length)
    return asked.fail ? fail(22, "The requested URL returned error: 416") : { code: 0, stdout: told };
  body = body.subarray(there);
  if (!save(host, call, output, body, there > 0)) {
    const warning =
      silent && !showError ? "" : `Warning: Failed to open the file ${output}: No such file or directory\n`;
    return {
      code: 23,
      stderr: `${warning}${silent && !showError ? "" : "curl: (23) client returned ERROR on write, 0 bytes were not written\n"}`,
    };
  }
  return { code: 0, stdout: told };
};

/** The machine's own program, for local files: in the host's root file system it sees only the host's. */
function real(host: Host, call: Call): Answer {
  const program = call.guest === undefined ? realProgram(host, call.name) : undefined;
  if (program === undefined)
    return { code: 2, stderr: `${call.name}: the lab does not simulate local files here\n` };
  return { exec: [program, ...call.args] };
}

/** Messages of wget 1.25. */
const wget: Command = async (host, call) => {
  const urls: string[] = [];
  let [quiet, resume, spider] = [false, false, false];
  let output: string | undefined;
  let folder = ".";
  const queue = call.args.flatMap((word) => {
    if (/^-(q|nv)O.*/.test(word))
      return ["-q", "-O", ...(word.replace(/^-(q|nv)O/, "") === "" ? [] : [word.replace(/^-(q|nv)O/, "")])];
    const [, option = "", value = ""] =
      /^(-[OPTt])(.+)$/.exec(word) ??
      /^(--(?:output-document|directory-prefix|timeout|tries))=(.*)$/.exec(word) ??
      [];
    return option === "" ? [word] : [option, value];
  });
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    if (["-q", "--quiet", "-nv", "--no-verbose"].includes(word)) quiet = true;
    else if (word === "-c" || word === "--continue") resume = true;
    else if (word === "--spider") spider = true;
    else if (word === "-O" || word === "--output-document") output = queue.shift() ?? "";
    else if (word === "-P" || word === "--directory-prefix") folder = queue.shift() ?? ".";
    else if (["-T", "-t", "--timeout", "--tries"].includes(word)) queue.shift();
    else if (
      ["--show-progress", "--progress=dot:giga", "--no-hsts", "--https-only", "-4", "--no-cache"].includes(
        word,
      )
    )
      continue;
    else if (word.startsWith("-")) return { code: 2, stderr: `wget: the lab does not simulate ${word}\n` };
    else urls.push(word);
  }
  const [address] = urls;
  if (address === undefined)
    return {
      code: 1,
      stderr: "wget: missing URL\nUsage: wget [OPTION]... [URL]...\n\nTry `wget --help' for more options.\n",
    };
  if (urls.length > 1) return { code: 2, stderr: "wget: the lab does not simulate several URLs\n" };
  const url = new URL(/^[a-z]+:\/\//.test(address) ? address : `http://${address}`);
  if (!/^https?:$/.test(url.protocol))
    return { code: 1, stderr: `${address}: Unsupported scheme ‘${url.protocol.slice(0, -1)}’.\n` };
  await host.latency("download");
  const found = fetchUrl(url);
  const say = (text: string) => (quiet ? "" : text);
  if (found.status === 0 || !resolves(host, url.hostname))
    return { code: 4, stderr: say(`wget: unable to resolve host address ‘${url.hostname}’\n`) };
  if (found.status === 404) return { code: 8, stderr: say("ERROR 404: Not Found.\n") };
  if (spider) return { code: 0, stderr: say("Remote file exists.\n") };
  if (output === "-") return { code: 0, stdout: found.body.toString() };
  const path = output ?? `${folder}/${basename(url.pathname)}`;
  const there = resume ? sizeOf(host, call, path) : 0;
  if (there > 0 && there >= found.body.length)
    return { code: 0, stderr: say("    The file is already fully retrieved; nothing to do.\n\n") };
  if (!save(host, call, path, found.body.subarray(there), there > 0))
    return { code: 3, stderr: `${path}: No such file or directory\n` };
  return { code: 0, stderr: say(`‘${path}’ saved [${found.body.length}/${found.body.length}]\n`) };
};

export const downloadCommands: CommandTable = { curl: { run: curl }, wget: { run: wget } };
