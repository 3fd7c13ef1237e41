"use strict";
// Parts of Pulumi's SDK that each program loads, and this one never uses: half of the SDK's modules, a compiler, and what
// maps each stack of a promise. docs/adr/0170-modules-kept-compiled.md
const Module = require("node:module");
const { dirname, join } = require("node:path");

/** Looks through a package's whole tree for functions that are sent to a cloud; loads npm's library to do so. */
const codePaths = join("@pulumi", "pulumi", "runtime", "closure", "codePaths.js");
/** TypeScript's compiler, for functions that are sent to a cloud. */
const compiler = join("@pulumi", "pulumi", "typescript-shim.js");
/** Maps the stacks that the SDK takes of each promise; the project's own files are mapped by module-cache.js. */
const sourceMaps = join("source-map-support", "register.js");

function install() {
  const load = Module._extensions[".js"];
  Module._extensions[".js"] = (module, file) => {
    if (file.endsWith(sourceMaps)) return;
    if (file.endsWith(codePaths)) module.exports = functionOf(() => loaded(file), "computeCodePaths");
    else if (file.endsWith(compiler))
      module.exports = new Proxy({}, { get: (_, name) => loaded(file)[name] });
    else load(module, file);
  };

  const modules = new Map();
  const loaded = (file) => {
    if (!modules.has(file)) {
      const module = new Module(file);
      module.filename = file;
      module.paths = Module._nodeModulePaths(dirname(file));
      load(module, file);
      modules.set(file, module);
    }
    return modules.get(file).exports;
  };
}

/** A module of one function, which is loaded when that is called. */
const functionOf = (loaded, name) => ({ __esModule: true, [name]: (...args) => loaded()[name](...args) });

module.exports = { install };
