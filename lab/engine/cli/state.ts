import { quoted } from "../core/steps";
import { UserError } from "../errors";
import { takeLock } from "../store/lock";
import type { Deployment, StoredResource } from "../store/serialize";
import { expectPositional } from "./args";
import type { Command } from "./command";
import { requireYes } from "./misc";
import { print, warn } from "./print";
import type { Session } from "./session";

const YES = { y: "yes" };

export const commands: Command[] = [
  {
    name: "state unprotect",
    flags: { flags: { yes: "boolean", all: "boolean" }, short: YES },
    run: (s) => protect(s, false),
  },
  {
    name: "state protect",
    flags: { flags: { yes: "boolean", all: "boolean" }, short: YES },
    run: (s) => protect(s, true),
  },
  {
    name: "state delete",
    flags: {
      flags: { yes: "boolean", force: "boolean", "target-dependents": "boolean", all: "boolean" },
      short: YES,
    },
    run: remove,
  },
];

function edit(session: Session, change: (deployment: Deployment) => Deployment): void {
  const stack = session.stack;
  const lock = takeLock(session.backend, stack, warn);
  try {
    const deployment = session.backend.read(stack);
    if (!deployment) throw new UserError("no resources found in the stack");
    session.backend.write(stack, change(deployment));
  } finally {
    lock.release();
  }
}

function find(resources: StoredResource[], urn: string): StoredResource[] {
  const found = resources.filter((r) => r.urn === urn);
  if (found.length === 0) {
    throw new UserError(
      `No such resource "${urn}" exists in the current state\nTo list the resource URNs in the stack, ` +
        "run `pulumi stack --show-urns`; to inspect the full state, run `pulumi stack export`.",
    );
  }
  return found;
}

async function protect(session: Session, on: boolean): Promise<void> {
  const command = on ? "state protect" : "state unprotect";
  const all = session.args.flag("all");
  expectPositional(session.args, command, all ? 0 : 1, all ? 0 : Infinity);
  requireYes(session.args.flag("yes"));
  edit(session, (deployment) => {
    const resources = deployment.resources ?? [];
    const chosen = new Set(all ? resources : session.args.positional.flatMap((urn) => find(resources, urn)));
    return { ...deployment, resources: resources.map((r) => (chosen.has(r) ? withProtect(r, on) : r)) };
  });
  print(all ? `All resources ${on ? "" : "un"}protected` : `Resource ${on ? "" : "un"}protected`);
}

function withProtect(r: StoredResource, on: boolean): StoredResource {
  const changed = { ...r };
  delete changed["protect"];
  if (on) changed["protect"] = true;
  return changed;
}

async function remove(session: Session): Promise<void> {
  const all = session.args.flag("all");
  expectPositional(session.args, "state delete", all ? 0 : 1);
  requireYes(session.args.flag("yes"));
  edit(session, (deployment) => {
    const resources = deployment.resources ?? [];
    const [urn = ""] = session.args.positional;
    const doomed = new Set(all ? resources.map((r) => r.urn) : find(resources, urn).map((r) => r.urn));
    for (const r of resources) {
      if (r["protect"] && doomed.has(r.urn) && !session.args.flag("force")) {
        throw new UserError(
          `${r.urn} can't be safely deleted because it is protected. Re-run this command with --force to force deletion, ` +
            `or run \`pulumi state unprotect ${quoted(r.urn)}\` first`,
        );
      }
      const needs = [
        r["parent"],
        r["deletedWith"],
        ...((r["dependencies"] as string[] | undefined) ?? []),
        providerUrn(r),
      ];
      if (doomed.has(r.urn) || !needs.some((n) => doomed.has(n as string))) continue;
      if (!session.args.flag("target-dependents")) {
        throw new UserError(
          `This resource can't be safely deleted because the following resources depend on it:\n * ${r.urn}\n` +
            "Delete those resources first or pass --target-dependents.",
        );
      }
      doomed.add(r.urn);
    }
    return { ...deployment, resources: resources.filter((r) => !doomed.has(r.urn)) };
  });
  print("Resource deleted");
}

const providerUrn = (r: StoredResource): string =>
  typeof r["provider"] === "string" ? r["provider"].slice(0, r["provider"].lastIndexOf("::")) : "";
