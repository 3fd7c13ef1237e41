"use strict";
// Loaded into the program ahead of it. The engine holds the other end of descriptor 3: when that closes, the engine
// is gone, killed perhaps, and the SDK would go on for a minute or more trying to reach it.
const { Socket } = require("node:net");
const { isMainThread } = require("node:worker_threads");

if (isMainThread) {
  const engine = new Socket({ fd: 3, readable: true, writable: false });
  const end = () => process.kill(-process.pid, "SIGKILL");
  engine.on("end", end).on("error", end).resume().unref();
}
