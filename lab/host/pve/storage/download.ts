/**
 * POST …/storage/{storage}/download-url (PVE::API2::Storage::Status, PVE::Tools::download_file_from_url): container
 * templates that the lab builds, and files that its network serves.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { fetchUrl } from "../../machine/download/catalogue";
import { resolves } from "../../machine/network/names";
import type { Context } from "../context";
import { ParameterError, PveError } from "../errors";
import { inHost } from "../paths";
import type { Values } from "../schema/types";
import { buildTemplate } from "../templates/build";
import { CATALOGUE, type Template } from "../templates/catalogue";
import type { Host } from "../../types";
import { contentFolder } from "./dir";
import { readQcow2 } from "./qcow2";
import { pluginOf, usableStorage } from "./storages";

const lastPart = (url: string): string =>
  url
    .replace(/[?#].*$/, "")
    .split("/")
    .at(-1) ?? "";

/** The template an address names by its last part: its archive is built, wherever it is said to lie. */
const templateAt = (url: string): Template | undefined =>
  CATALOGUE.find(({ file }) => file === lastPart(url));

/** What each kind of content may be called. */
const NAMES: Record<string, [pattern: RegExp, message: string]> = {
  iso: [/^[^/]+\.(?:iso|img)$/i, "wrong file extension"],
  vztmpl: [/^[^/]+\.tar\.(?:gz|xz|zst|bz2)$/i, "wrong file extension"],
  import: [/^[a-zA-Z0-9\-.+=_]+\.(?:ova|qcow2|raw|vmdk)$/, "invalid filename or wrong extension"],
};

/** As PVE::Storage::normalize_content_filename changes a name. */
const normalized = (name: string): string => name.replace(/^.*[/\\]/, "").replace(/[^a-zA-Z0-9_.\-+]/g, "_");

async function fetchTo(host: Host, url: string, target: string): Promise<void> {
  const template = templateAt(url);
  if (template !== undefined) return buildTemplate(host, template, target);
  const address = new URL(url);
  const found = fetchUrl(address);
  // wget's exit codes: 4 is the network's failure, 8 an answer that is an error.
  if (found.status === 0 || !resolves(host, address.hostname))
    throw new PveError("download failed: exit code 4");
  if (found.status === 404) throw new PveError("download failed: exit code 8");
  writeFileSync(inHost(host, target), found.body);
}

const hashOf = (algorithm: string, path: string): string =>
  createHash(algorithm).update(readFileSync(path)).digest("hex");

async function download(
  host: Host,
  url: string,
  target: string,
  sum: { algorithm: string; expected: string } | undefined,
  check: (path: string) => void,
  log: (line: string) => void,
): Promise<void> {
  log(`downloading ${url} to ${target}`);
  const place = inHost(host, target);
  if (existsSync(place)) {
    if (sum === undefined) throw new PveError(`refusing to override existing file '${target}'`);
    const got = hashOf(sum.algorithm, place);
    log("calculating checksum of existing file...");
    if (got !== sum.expected)
      throw new PveError(`checksum mismatch: got '${got}' != expect '${sum.expected}', aborting`);
    return log("OK, got correct file already, no need to download");
  }
  await host.latency("pveam download");
  const draft = `${target}.tmp_dwnl.${process.pid}`;
  try {
    await fetchTo(host, url, draft);
    if (sum !== undefined) {
      const got = hashOf(sum.algorithm, inHost(host, draft));
      log("calculating checksum...");
      if (got !== sum.expected)
        throw new PveError(`checksum mismatch: got '${got}' != expect '${sum.expected}'`);
      log("OK, checksum verified");
    }
    check(inHost(host, draft));
    renameSync(inHost(host, draft), place);
  } finally {
    rmSync(inHost(host, draft), { force: true });
  }
  log(`download of '${url}' to '${target}' finished`);
}

export async function downloadUrl(context: Context, values: Values): Promise<string> {
  const { host } = context;
  const [url = "", content = ""] = [values["url"], values["content"]].map(String);
  const storage = usableStorage(host, String(values["storage"]));
  if (storage.values["path"] === undefined)
    throw new PveError(`can't upload to storage type '${storage.type}', not a file based storage!`);
  if (!storage.content.includes(content))
    throw new PveError(`storage '${storage.id}' is not configured for content-type '${content}'`);
  const filename = normalized(String(values["filename"]));
  const [pattern, message] = NAMES[content] ?? [/^$/, `upload content-type '${content}' is not allowed`];
  if (!pattern.test(filename)) throw new ParameterError({ filename: message });
  const [expected, algorithm] = [values["checksum"], values["checksum-algorithm"]];
  if ((expected === undefined) !== (algorithm === undefined))
    throw new ParameterError(
      expected === undefined
        ? {
            "checksum-algorithm": "missing property - 'checksum-algorithm' requires this property 'checksum'",
          }
        : { checksum: "missing property - 'checksum' requires this property 'checksum-algorithm'" },
    );
  const plugin = pluginOf(storage.type);
  plugin.activate(host, storage);
  const target = `${contentFolder(storage, content)}/${filename}`;
  const sum =
    expected === undefined
      ? undefined
      : { algorithm: String(algorithm), expected: String(expected).toLowerCase() };
  const check = (path: string) => {
    // An image must be what its name says (PVE::Storage::file_size_info on an untrusted file).
    if (content === "import" && filename.endsWith(".qcow2") && readQcow2(path) === undefined)
      throw new PveError(
        `could not parse qemu-img info command output for '${target}': Image is not in qcow2 format`,
      );
  };
  return context.fork("download", filename, async (log) => {
    if (values["compression"] !== undefined)
      throw new PveError(
        content === "iso"
          ? "the lab does not simulate decompression of downloads"
          : `decompression not supported for ${content}`,
      );
    await download(host, url, target, sum, check, log);
  });
}

/** What a server says of a file; how large a template gets is not known before it is built. */
export function urlMetadata(host: Host, url: string): Record<string, unknown> {
  const filename = lastPart(url);
  if (templateAt(url) !== undefined) return { filename, mimetype: "application/octet-stream" };
  const address = new URL(url);
  const found = fetchUrl(address);
  if (found.status === 0 || !resolves(host, address.hostname))
    throw new PveError(
      `invalid server response: '500 Can't connect to ${address.host} (Name or service not known)'`,
    );
  if (found.status === 404) throw new PveError("invalid server response: '404 Not Found'");
  return { filename, size: found.body.length, mimetype: "application/octet-stream" };
}
