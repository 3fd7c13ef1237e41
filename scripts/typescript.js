"use strict";
// Required before any TypeScript, also by Pulumi (Pulumi.yaml): tsx translates the project's files, and only those.
// tsx alone reads every file of every package for syntax it might have to translate: docs/adr/0002-program-run-by-tsx.md.
require("./testing/cpu");
const Module = require("node:module");
const { sep } = require("node:path");

const extensions = Module._extensions;
const asItIs = extensions[".js"];
require("tsx/cjs");
const translated = extensions[".js"];
const packages = `${sep}node_modules${sep}`;

extensions[".js"] = function load(module, file) {
  return (file.includes(packages) ? asItIs : translated).call(this, module, file);
};
require("./sdk-on-demand").install();
require("./module-cache").install();
