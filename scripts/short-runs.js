"use strict";
// Has V8 compile a function to optimised code later than by itself: most processes of the project have ended before that
// pays. docs/adr/0170-modules-kept-compiled.md
const { setFlagsFromString } = require("node:v8");

// Bytes of bytecode that a function has run, three times over, before V8 looks at it: V8's own value is 66 KB. Node.js 22
// and later count calls instead, optimise in between by a cheaper compiler, and complain of a flag that they do not know.
if (process.versions.v8.startsWith("11.")) setFlagsFromString("--interrupt-budget=1000000");
