"use strict";
// Where tests put what they make: labs are thousands of small files, which a disk's file system makes and removes at a
// third more CPU than one in memory, and each of which a step waits for until it is written.
const { readFileSync, statfsSync } = require("node:fs");
const { tmpdir } = require("node:os");

/** Linux's own, on every distribution; a container may have a small one, or none. */
const SHARED_MEMORY = "/dev/shm";
const TMPFS = 0x01021994;
/** A whole run needs some 200 MB at a time. */
const NEEDED_BYTES = 2e9;

/** Bytes that programs may still take, by proc_meminfo(5). */
const availableMemory = () =>
  1024 * Number(/^MemAvailable: +(\d+)/m.exec(readFileSync("/proc/meminfo", "utf8"))?.[1]);

/** A folder in memory where there is plenty of it, else the usual one for temporary files. */
function folderInMemory() {
  try {
    const { type, bavail, bsize } = statfsSync(SHARED_MEMORY);
    if (type === TMPFS && bavail * bsize > NEEDED_BYTES && availableMemory() > 2 * NEEDED_BYTES)
      return SHARED_MEMORY;
  } catch {
    // There is none.
  }
  return tmpdir();
}

module.exports = { folderInMemory };
