/*
 * OpenSSH takes packets of up to 256 KiB (PACKET_MAX_SIZE in packet.c), and Go's client sends a command in one; ssh2 gives
 * up at 35,000 bytes, and has no option for it. Imported before ssh2.
 */
import { readFileSync } from "node:fs";
import Module from "node:module";

const file = require.resolve("ssh2/lib/protocol/crypto.js");
const text = readFileSync(file, "utf8");
const taken = text.replace("const MAX_PACKET_SIZE = 35000;", "const MAX_PACKET_SIZE = 256 * 1024;");
if (taken === text) throw new Error(`${file} says otherwise how long a packet may be`);

const loaded = new Module(file, module) as Module & { _compile(code: string, path: string): void };
loaded.filename = file;
loaded.paths = module.paths;
// What it requires while it is loaded has it already.
require.cache[file] = loaded;
loaded._compile(taken, file);
loaded.loaded = true;
