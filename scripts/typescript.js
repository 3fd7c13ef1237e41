"use strict";
// Required before any TypeScript, also by Pulumi (Pulumi.yaml): tsx translates the project's files, and only those.
// tsx alone reads every file of every package for syntax it might have to translate: docs/adr/0002-program-run-by-tsx.md.
require("./testing/cpu");
// Before any module of the program: code that is kept was made with the same flags.
require("./short-runs");
const Module = require("node:module");

const extensions = Module._extensions;
let translated;

/** Takes tsx's way of loading a TypeScript file, and leaves everything else as it was: packages are found as ever. */
function translator() {
  const found = { ...extensions };
  const { _resolveFilename } = Module;
  const { prepareStackTrace } = Error;
  require("tsx/cjs");
  const load = extensions[".ts"];
  for (const extension of Object.keys(extensions)) delete extensions[extension];
  Object.assign(extensions, found);
  Module._resolveFilename = _resolveFilename;
  // Else tsx has Node.js map the stacks.
  if (prepareStackTrace) Error.prepareStackTrace = prepareStackTrace;
  return load;
}

// By its place in this table Node.js finds a file that is named without its ending. A file that is kept translated
// (module-cache.js) needs no tsx.
extensions[".ts"] = function load(module, file) {
  translated ??= translator();
  translated(module, file);
};
require("./module-cache").install();
// Around what is kept: they change how modules are loaded that may be among it.
require("./sdk-on-demand").install();
require("./sdk-faster").install();
