import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join, posix } from "node:path";
import type { SFTPWrapper, Stats } from "ssh2";
import type { Context, Resource } from "../../shared/provider";
import { assetSignature, isMap, open, plainMap, signatureOf, textOf, unknown } from "../../shared/wire";
import type { WireMap } from "../../shared/wire";
import { checkInputs } from "../check";
import type { Shape } from "../properties";
import { diffResource, uniqueId } from "../resource";
import { readEndpoint } from "./connection";
import { dial } from "./dial";

/** Copies a file, a text or a folder to a remote host by SFTP; deletion leaves the copy where it is. */
export function copyResource(shape: Shape): Resource {
  return {
    check: async ({ news }) => {
      const checked = checkInputs(shape, news);
      const source = open(news["source"] ?? null);
      const failures = [...(checked.failures ?? [])];
      if (failures.length === 0 && isMap(source)) {
        const isAsset = signatureOf(source) === assetSignature;
        if (isAsset && source["path"] === undefined && source["text"] === undefined)
          failures.push({
            property: "asset",
            reason: "asset must be a path-based file asset or a text asset",
          });
        if (!isAsset && source["path"] === undefined)
          failures.push({ property: "archive", reason: "archive must be a path to a file or directory" });
      }
      return { inputs: checked.inputs, failures };
    },
    diff: async (request) => diffResource(shape, request),
    async create({ inputs, preview }, context) {
      if (preview) return { id: "", state: inputs };
      await copy(plainMap(inputs), context);
      return { id: uniqueId(""), state: inputs };
    },
    async update({ state, inputs, preview }, context) {
      const [olds, news] = [plainMap(state), plainMap(inputs)];
      const moved = olds["remotePath"] !== news["remotePath"] || hashOf(olds) !== hashOf(news);
      if (!preview && moved) await copy(news, context);
      return { state: inputs };
    },
    read: async (request) => request,
    delete: async () => undefined,
  };
}

function hashOf(inputs: WireMap): unknown {
  const source = inputs["source"];
  return isMap(source) ? (source["hash"] ?? source["text"]) : undefined;
}

async function copy(inputs: WireMap, context: Context): Promise<void> {
  const source = isMap(inputs["source"]) ? inputs["source"] : {};
  const target = textOf(inputs["remotePath"]) ?? "";
  if (target === unknown) throw new Error("remotePath is not known");
  const dialled = await dial(readEndpoint(inputs["connection"]), context);
  try {
    const sftp = await new Promise<SFTPWrapper>((resolve, reject) =>
      dialled.client.sftp((error, wrapper) => (error ? reject(error) : resolve(wrapper))),
    );
    const remote = new Remote(sftp);
    if (typeof source["text"] === "string") await copyText(remote, source["text"], target);
    else await copyPath(remote, textOf(source["path"]) ?? "", target);
  } finally {
    dialled.end();
  }
}

async function copyText(remote: Remote, text: string, target: string): Promise<void> {
  if ((await remote.stat(target))?.isDirectory())
    throw new Error(
      `remote path ${target} is a directory; when using a text asset, remotePath must be a file path`,
    );
  await remote.makeParents(target);
  await remote.write(target, Buffer.from(text));
}

/**
 * A file goes to the path, or into it when it is a folder. A folder's name is kept below the path, unless
 * the source ends in a slash.
 */
async function copyPath(remote: Remote, source: string, target: string): Promise<void> {
  const info = await stat(source).catch((error: NodeJS.ErrnoException) => {
    throw new Error(error.code === "ENOENT" ? `stat ${source}: no such file or directory` : error.message);
  });
  const existing = await remote.stat(target);
  if (!info.isDirectory()) {
    const file = existing?.isDirectory() ? posix.join(target, basename(source)) : target;
    if (!existing) await remote.makeParents(file);
    return remote.write(file, await readFile(source));
  }
  if (!existing) await remote.makeFolder(target);
  let folder = target;
  if (!source.endsWith("/")) {
    folder = posix.join(target, basename(source));
    await remote.ensureFolder(folder);
  }
  await copyFolder(remote, source, folder);
}

async function copyFolder(remote: Remote, source: string, target: string): Promise<void> {
  for (const entry of await readdir(source, { withFileTypes: true })) {
    const [from, to] = [join(source, entry.name), posix.join(target, entry.name)];
    if (!entry.isDirectory()) {
      await remote.write(to, await readFile(from));
      continue;
    }
    await remote.ensureFolder(to);
    await copyFolder(remote, from, to);
  }
}

/** The few SFTP operations a copy takes, as promises. */
class Remote {
  constructor(readonly sftp: SFTPWrapper) {}

  /** Undefined when there is nothing at the path. */
  stat(path: string): Promise<Stats | undefined> {
    return new Promise((resolve, reject) => {
      this.sftp.stat(path, (error, stats) => {
        if (!error) resolve(stats);
        else if ((error as Error & { code?: number }).code === 2) resolve(undefined);
        else reject(new Error(`failed to stat remote path ${path}: ${error.message}`));
      });
    });
  }

  async makeParents(path: string): Promise<void> {
    await this.makeFolder(posix.dirname(path)).catch((error: Error) => {
      throw new Error(`failed to create parent directories for ${path}: ${error.message}`);
    });
  }

  /** With its parents; existing folders are left alone. */
  async makeFolder(path: string): Promise<void> {
    if (path === "." || path === "/") return;
    const existing = await this.stat(path);
    if (existing?.isDirectory()) return;
    if (existing) throw new Error(`mkdir ${path}: not a directory`);
    await this.makeFolder(posix.dirname(path));
    await this.#mkdir(path);
  }

  async ensureFolder(path: string): Promise<void> {
    const existing = await this.stat(path);
    if (existing && !existing.isDirectory())
      throw new Error(`remote path ${path} exists but is not a directory`);
    if (!existing) await this.#mkdir(path);
  }

  write(path: string, content: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.sftp.writeFile(path, content, (error) => {
        if (error) reject(new Error(`failed to create remote file ${path}: ${error.message}`));
        else resolve();
      });
    });
  }

  #mkdir(path: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.sftp.mkdir(path, (error) => {
        if (error) reject(new Error(`failed to create remote directory ${path}: ${error.message}`));
        else resolve();
      });
    });
  }
}
