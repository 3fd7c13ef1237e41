/** The SFTP subsystem: files of the host's root file system, by sftp's version 3. */
import * as fs from "node:fs";
import { posix } from "node:path";
import { type Attributes, type FileEntry, type SFTPWrapper, utils } from "ssh2";
import { inRoot } from "../confined";

const { STATUS_CODE: status, OPEN_MODE: mode } = utils.sftp;

/** What a handle stands for: an open file, or a folder with the entries that are still to be told. */
type Open = { fd: number; append: boolean } | { path: string; entries: string[] };

/** What ssh2 has but does not declare: the way to report an exit status for a subsystem. */
interface ServerSide {
  _protocol: { exitStatus(channel: number, code: number): void };
  outgoing: { id: number };
}

/** Working folder of a session: root's home. */
const home = "/root";

/** Serves one session until its channel closes. */
export function serveFiles(sftp: SFTPWrapper, root: string): void {
  const handles = new Map<number, Open>();
  let next = 0;
  const file = (path: string) => inRoot(root, posix.resolve(home, path));
  const entry = (path: string) => inRoot(root, posix.resolve(home, path), { last: false });
  const done = (id: number) => sftp.status(id, status.OK);

  /** Runs a step; an error of the file system becomes the answer. */
  const attempt = (id: number, step: () => void) => {
    try {
      step();
    } catch (error) {
      sftp.status(id, statusOf(error), (error as Error).message.replace(root, ""));
    }
  };
  const opened = (id: number, handle: Buffer): Open | undefined => {
    const found = handle.length === 4 ? handles.get(handle.readUInt32BE()) : undefined;
    if (found === undefined) sftp.status(id, status.FAILURE, "unknown handle");
    return found;
  };
  const give = (id: number, open: Open) => {
    const handle = Buffer.alloc(4);
    handle.writeUInt32BE(next);
    handles.set(next++, open);
    sftp.handle(id, handle);
  };

  sftp.on("OPEN", (id, path, flags, attributes) =>
    attempt(id, () => {
      const fd = fs.openSync(file(path), openFlags(flags), attributes.mode ?? 0o666);
      give(id, { fd, append: (flags & mode.APPEND) !== 0 });
    }),
  );
  sftp.on("READ", (id, handle, offset, length) =>
    attempt(id, () => {
      const open = opened(id, handle);
      if (open === undefined) return;
      if (!("fd" in open)) return void sftp.status(id, status.FAILURE, "a folder is not read like a file");
      const buffer = Buffer.alloc(Math.min(length, 256 * 1024));
      const read = fs.readSync(open.fd, buffer, 0, buffer.length, offset);
      if (read === 0) sftp.status(id, status.EOF);
      else sftp.data(id, buffer.subarray(0, read));
    }),
  );
  sftp.on("WRITE", (id, handle, offset, data) =>
    attempt(id, () => {
      const open = opened(id, handle);
      if (open === undefined) return;
      if (!("fd" in open)) return void sftp.status(id, status.FAILURE, "a folder is not written like a file");
      for (let written = 0; written < data.length;) {
        written += fs.writeSync(
          open.fd,
          data,
          written,
          data.length - written,
          open.append ? null : offset + written,
        );
      }
      done(id);
    }),
  );
  sftp.on("CLOSE", (id, handle) =>
    attempt(id, () => {
      const open = opened(id, handle);
      if (open === undefined) return;
      handles.delete(handle.readUInt32BE());
      if ("fd" in open) fs.closeSync(open.fd);
      done(id);
    }),
  );
  sftp.on("FSTAT", (id, handle) =>
    attempt(id, () => {
      const open = opened(id, handle);
      if (open === undefined) return;
      sftp.attrs(id, attributesOf("fd" in open ? fs.fstatSync(open.fd) : fs.statSync(open.path)));
    }),
  );
  sftp.on("FSETSTAT", (id, handle, attributes) =>
    attempt(id, () => {
      const open = opened(id, handle);
      if (open === undefined) return;
      // By the number of our own descriptor: the file may have been renamed.
      apply("fd" in open ? `/proc/self/fd/${open.fd}` : open.path, attributes);
      done(id);
    }),
  );
  sftp.on("SETSTAT", (id, path, attributes) => attempt(id, () => (apply(file(path), attributes), done(id))));
  sftp.on("STAT", (id, path) => attempt(id, () => sftp.attrs(id, attributesOf(fs.statSync(file(path))))));
  sftp.on("LSTAT", (id, path) => attempt(id, () => sftp.attrs(id, attributesOf(fs.lstatSync(entry(path))))));
  sftp.on("OPENDIR", (id, path) =>
    attempt(id, () => {
      const folder = file(path);
      give(id, { path: folder, entries: [".", "..", ...fs.readdirSync(folder)] });
    }),
  );
  sftp.on("READDIR", (id, handle) =>
    attempt(id, () => {
      const open = opened(id, handle);
      if (open === undefined) return;
      if ("fd" in open) return void sftp.status(id, status.FAILURE, "a file is not read like a folder");
      const names = open.entries.splice(0, 100);
      if (names.length === 0) sftp.status(id, status.EOF);
      else
        sftp.name(
          id,
          names.flatMap((name) => describe(open.path, name)),
        );
    }),
  );
  sftp.on("REMOVE", (id, path) => attempt(id, () => (fs.unlinkSync(entry(path)), done(id))));
  sftp.on("RMDIR", (id, path) => attempt(id, () => (fs.rmdirSync(entry(path)), done(id))));
  sftp.on("MKDIR", (id, path, attributes) =>
    attempt(id, () => (fs.mkdirSync(entry(path), attributes.mode ?? 0o777), done(id))),
  );
  sftp.on("RENAME", (id, from, to) =>
    attempt(id, () => {
      // Version 3 does not replace; clients use posix-rename, which is not offered, or remove first.
      if (fs.existsSync(entry(to))) return void sftp.status(id, status.FAILURE, "Failure");
      fs.renameSync(entry(from), entry(to));
      done(id);
    }),
  );
  sftp.on("READLINK", (id, path) =>
    attempt(id, () =>
      sftp.name(id, [{ filename: fs.readlinkSync(entry(path)), longname: "", attrs: noAttributes }]),
    ),
  );
  sftp.on("SYMLINK", (id, target, link) =>
    attempt(id, () => (fs.symlinkSync(target, entry(link)), done(id))),
  );
  sftp.on("REALPATH", (id, path) =>
    attempt(id, () => {
      const real = file(path).slice(root.length) || "/";
      sftp.name(id, [{ filename: real, longname: real, attrs: noAttributes }]);
    }),
  );
  // sftp-server ends when its input does; scp fails when it does not hear that it ended well.
  sftp.on("end", () => {
    const { _protocol: protocol, outgoing } = sftp as unknown as ServerSide;
    protocol.exitStatus(outgoing.id, 0);
    sftp.end();
  });
  sftp.on("close", () => {
    for (const open of handles.values()) if ("fd" in open) fs.closeSync(open.fd);
    handles.clear();
  });
}

const noAttributes: Attributes = { mode: 0, uid: 0, gid: 0, size: 0, atime: 0, mtime: 0 };

function attributesOf(stat: fs.Stats): Attributes {
  const seconds = (ms: number) => Math.floor(ms / 1000);
  return {
    ...{ mode: stat.mode, uid: stat.uid, gid: stat.gid, size: stat.size },
    ...{ atime: seconds(stat.atimeMs), mtime: seconds(stat.mtimeMs) },
  };
}

function describe(folder: string, name: string): FileEntry[] {
  const stat = fs.lstatSync(posix.join(folder, name), { throwIfNoEntry: false });
  if (stat === undefined) return [];
  const kind = stat.isDirectory() ? "d" : stat.isSymbolicLink() ? "l" : "-";
  const rights = [6, 3, 0].map((shift) =>
    "rwx".replace(/./g, (letter, at: number) => ((stat.mode >> shift) & (4 >> at) ? letter : "-")),
  );
  const longname = `${kind}${rights.join("")} ${stat.nlink} ${stat.uid} ${stat.gid} ${stat.size} ${stat.mtime.toISOString()} ${name}`;
  return [{ filename: name, longname, attrs: attributesOf(stat) }];
}

function apply(path: string, attributes: Partial<Attributes>): void {
  if (attributes.size !== undefined) fs.truncateSync(path, attributes.size);
  if (attributes.mode !== undefined) fs.chmodSync(path, attributes.mode & 0o7777);
  if (attributes.uid !== undefined && attributes.gid !== undefined)
    fs.chownSync(path, attributes.uid, attributes.gid);
  if (attributes.atime !== undefined && attributes.mtime !== undefined)
    fs.utimesSync(path, attributes.atime, attributes.mtime);
}

function openFlags(flags: number): number {
  const { O_RDONLY, O_RDWR, O_WRONLY, O_APPEND, O_CREAT, O_TRUNC, O_EXCL } = fs.constants;
  const wanted = (bit: number) => (flags & bit) !== 0;
  const access = wanted(mode.READ) ? (wanted(mode.WRITE) ? O_RDWR : O_RDONLY) : O_WRONLY;
  return (
    access |
    (wanted(mode.APPEND) ? O_APPEND : 0) |
    (wanted(mode.CREAT) ? O_CREAT : 0) |
    (wanted(mode.TRUNC) ? O_TRUNC : 0) |
    (wanted(mode.EXCL) ? O_EXCL : 0)
  );
}

function statusOf(error: unknown): number {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP") return status.NO_SUCH_FILE;
  return code === "EACCES" || code === "EPERM" ? status.PERMISSION_DENIED : status.FAILURE;
}
