"use strict";
// A reader that has gone, such as head in `phoenix up | head`, ends nothing: what was begun is finished, and the exit code
// is that of the work. Node.js would end the process in the middle of it, with a stack trace.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error) => {
    if (error.code !== "EPIPE") throw error;
  });
}
