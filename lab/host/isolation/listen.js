"use strict";
// Listens on a port of the machine's loopback and hands the socket to the daemon, which lives in a network
// namespace of its own. A socket stays in the namespace it was made in. Plain JavaScript: it starts in 40 ms.
//   node listen.js PORT     answers one message: {} with the server, or { error, code }
// It stays until the daemon has read that and disconnects: an exit may be noticed before a message is.
const { createServer } = require("node:net");

process.on("disconnect", () => process.exit(0));
const server = createServer();
server.on("error", (error) => process.send({ error: error.message, code: error.code }));
server.listen(Number(process.argv[2]), "127.0.0.1", () => process.send({}, server));
