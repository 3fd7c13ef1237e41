/** Standard input of a stand-in command's caller, taken from its process: no program has to hand it over. */
import { constants, openSync, statSync } from "node:fs";
import { Socket } from "node:net";

/** Device number of /dev/null. */
const nullDevice = 0x103;

/**
 * Everything on a caller's standard input where that is a pipe or /dev/null; undefined of all else, such as a file: the
 * place up to which it is read is known to the caller's processes alone.
 *
 * @param path such as /proc/17/fd/0
 * @param gone is aborted when the caller ends: then what came until then
 */
export function callerInput(path: string, gone: AbortSignal): Promise<Buffer | undefined> {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.rdev === nullDevice) return Promise.resolve(Buffer.alloc(0));
  if (stat?.isFIFO() !== true) return Promise.resolve(undefined);
  // Opened anew, so that it is only here that reading does not wait.
  const pipe = new Socket({ fd: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK), writable: false });
  const chunks: Buffer[] = [];
  if (gone.aborted) pipe.destroy();
  gone.addEventListener("abort", () => pipe.destroy());
  return new Promise((resolve, reject) => {
    pipe.on("data", (chunk: Buffer) => chunks.push(chunk));
    pipe.on("error", reject);
    pipe.on("close", () => resolve(Buffer.concat(chunks)));
  });
}
