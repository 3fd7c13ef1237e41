"use strict";
// Parts of Pulumi's SDK that each program loads, and this one never uses: half of the SDK's modules, a compiler, what runs
// Pulumi, what sends traces, and what maps each stack of a promise; and the fifty languages of zod. docs/adr/0170-modules-kept-compiled.md
const Module = require("node:module");
const { dirname, join } = require("node:path");

/** Looks through a package's whole tree for functions that are sent to a cloud; loads npm's library to do so. */
const codePaths = join("@pulumi", "pulumi", "runtime", "closure", "codePaths.js");
/** TypeScript's compiler, for functions that are sent to a cloud. */
const compiler = join("@pulumi", "pulumi", "typescript-shim.js");
/** Runs Pulumi from another program. */
const automation = join("@pulumi", "pulumi", "automation", "index.js");
/** What zod says in other languages; English has a module of its own. */
const languages = join("zod", "v4", "locales", "index.cjs");
/** Maps the stacks that the SDK takes of each promise; the project's own files are mapped by module-cache.js. */
const sourceMaps = join("source-map-support", "register.js");

/** Sends a trace to a server that was named; the trace itself, @opentelemetry/api, goes nowhere without it. */
const tracing = join("@pulumi", "pulumi", "cmd", "run", "tracing.js");
const sendsTraces = /^@opentelemetry\/(?!api$)/;

const onceAsked = [compiler, automation, languages];

function install() {
  const load = Module._extensions[".js"];
  Module._extensions[".js"] = (module, file) => {
    if (file.endsWith(sourceMaps)) return;
    if (file.endsWith(tracing)) {
      const required = module.require.bind(module);
      module.require = (name) => (sendsTraces.test(name) ? proxyOf(() => required(name)) : required(name));
    }
    if (file.endsWith(codePaths)) module.exports = functionOf(() => loaded(file), "computeCodePaths");
    else if (onceAsked.some((part) => file.endsWith(part))) module.exports = proxyOf(() => loaded(file));
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

/** A module that is loaded when anything of it is asked for. */
const proxyOf = (loaded) =>
  new Proxy({}, { get: (_, name) => (name === "__esModule" ? true : loaded()[name]) });

/** A module of one function, which is loaded when that is called. */
const functionOf = (loaded, name) => ({ __esModule: true, [name]: (...args) => loaded()[name](...args) });

module.exports = { install };
