import type { SFTPWrapper } from "ssh2";
export function serveFiles(_sftp: SFTPWrapper, _root: string): void {
  throw new Error("not yet");
}
