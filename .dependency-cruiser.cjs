"use strict";
// Which file may import which; `npm run lint` holds to it. An import of a type alone counts too, unless a rule says
// otherwise: circles of types are harmless when the program runs, but such files can only be understood together.
// docs/adr/0180-no-import-circles.md says why.

const tests = "tests/|lab/tests/|bench/|scripts/";

module.exports = {
  forbidden: [
    {
      name: "no-circles",
      comment: "What both sides need belongs in a file of its own, which imports neither.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "config-is-the-ground",
      comment: "config/ knows the two files and nothing of what is made of them.",
      severity: "error",
      from: { path: "^config/" },
      to: { path: `^(plan/|components/|cli/|index\\.ts$|lab/|${tests})` },
    },
    {
      name: "plan-without-pulumi",
      comment:
        "What is planned is data: settings, texts and files of steps, without the SDK that registers them.",
      severity: "error",
      from: { path: "^plan/" },
      to: { path: "^node_modules/(@pulumi|@muhlba91)/", reachable: true },
    },
    {
      name: "command-line-without-pulumi",
      comment: "cli/ asks the plan; to load the SDK would take it a second.",
      severity: "error",
      from: { path: "^cli/" },
      to: { path: "^node_modules/(@pulumi|@muhlba91)/", reachable: true },
    },
    {
      name: "components-below-program-and-command-line",
      comment: "components/ builds on config/ and plan/ alone.",
      severity: "error",
      from: { path: "^components/" },
      to: { path: `^(cli/|index\\.ts$|lab/|${tests})` },
    },
    {
      name: "program-without-command-line-or-lab",
      comment: "Plain pulumi runs index.ts; it needs neither phoenix nor the lab.",
      severity: "error",
      from: { path: "^index\\.ts$" },
      to: { path: `^(cli/|lab/|${tests})` },
    },
    {
      name: "command-line-without-program-or-lab",
      comment: "cli/ runs the engine and the lab as programs of their own (cli/paths.ts).",
      severity: "error",
      from: { path: "^cli/" },
      to: { path: `^(index\\.ts$|lab/|${tests})` },
    },
    {
      name: "lab-apart",
      comment: "What stands in for a host must not know what is tried on it.",
      severity: "error",
      from: { path: "^lab/", pathNot: "^lab/tests/" },
      to: { path: `^(config/|components/|cli/|index\\.ts$|${tests})` },
    },
    {
      name: "stand-ins-apart",
      comment:
        "Engine, plugins and host speak real protocols with each other, so that each can be the real one.",
      severity: "error",
      from: { path: "^lab/(engine|plugins|host)/" },
      to: { path: "^lab/(engine|plugins|host|scripts)/", pathNot: "^lab/$1/" },
    },
    {
      name: "host-below-other-components",
      comment: "components/host runs scripts for all the others.",
      severity: "error",
      from: { path: "^components/host/" },
      to: { path: "^components/(hypervisor|guest|container|vm|drift)/" },
    },
    {
      name: "hypervisor-below-guests",
      comment: "The host's set-up comes before every guest.",
      severity: "error",
      from: { path: "^components/hypervisor/" },
      to: { path: "^components/(guest|container|vm)/" },
    },
    {
      name: "containers-and-machines-apart",
      comment: "What both do is in components/guest.",
      severity: "error",
      from: { path: "^components/(container|vm|guest)/" },
      to: { path: "^components/(container|vm)/", pathNot: "^components/$1/" },
    },
  ],
  options: {
    exclude: { path: "(^|/)(fixtures|\\.lab|\\.phoenix)/" },
    doNotFollow: { path: "(^|/)node_modules/" },
    tsPreCompilationDeps: true,
  },
};
