import { closeSync, mkdirSync, openSync, statSync, writeSync } from "node:fs";
import { utils } from "ssh2";
import type { SFTPWrapper } from "ssh2";

const { STATUS_CODE } = utils.sftp;

/** Serves what a copy needs of SFTP, on this machine's own files. */
export function serveSftp(sftp: SFTPWrapper): void {
  const files = new Map<number, number>();
  const answer = (id: number, operation: () => void): void => {
    try {
      operation();
      sftp.status(id, STATUS_CODE.OK);
    } catch (error) {
      sftp.status(
        id,
        (error as NodeJS.ErrnoException).code === "ENOENT" ? STATUS_CODE.NO_SUCH_FILE : STATUS_CODE.FAILURE,
      );
    }
  };
  sftp.on("STAT", (id, path) => {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (!stats) return sftp.status(id, STATUS_CODE.NO_SUCH_FILE);
    const { mode, uid, gid, size } = stats;
    sftp.attrs(id, { mode, uid, gid, size, atime: 0, mtime: 0 });
  });
  sftp.on("MKDIR", (id, path) => answer(id, () => mkdirSync(path)));
  sftp.on("OPEN", (id, path) => {
    try {
      const file = openSync(path, "w");
      files.set(file, file);
      const handle = Buffer.alloc(4);
      handle.writeUInt32BE(file);
      sftp.handle(id, handle);
    } catch {
      sftp.status(id, STATUS_CODE.NO_SUCH_FILE);
    }
  });
  sftp.on("WRITE", (id, handle, offset, data) =>
    answer(id, () => void writeSync(handle.readUInt32BE(), data, 0, data.length, offset)),
  );
  sftp.on("FSETSTAT", (id) => sftp.status(id, STATUS_CODE.OK));
  sftp.on("CLOSE", (id, handle) => answer(id, () => closeSync(handle.readUInt32BE())));
}
