"use strict";
// Listens on a port of the machine's loopback and hands the socket to the daemon, which lives in a network
// namespace of its own. A socket stays in the namespace it was made in. Plain JavaScript: it starts in 40 ms.
//   node listen.js PORT...     sends a message for each port: { port } with the server, or { port, error, code }
// It stays until the daemon has read them and disconnects: an exit may be noticed before a message is.
const { createServer } = require("node:net");

process.on("disconnect", () => process.exit(0));
for (const port of process.argv.slice(2).map(Number)) {
  const server = createServer();
  server.on("error", ({ message, code }) => process.send({ port, error: message, code }));
  server.listen(port, "127.0.0.1", () => process.send({ port }, server));
}
