/** What a caller may do: roles on paths, inherited downwards. */
import { PermissionError } from "../errors";
import type { Permissions } from "../context";
import type { Host } from "../../types";
import { builtinRoles, privileges } from "./privileges";
import { loadAccess, type Access } from "./users";

export function rolesOf(host: Host, access: Access): Record<string, string[]> {
  return { ...access.roles, ...builtinRoles(host.release) };
}

const parents = (path: string): string[] => {
  const parts = path.split("/").filter(Boolean);
  return ["/", ...parts.map((_, n) => `/${parts.slice(0, n + 1).join("/")}`)];
};

/** Privileges of a user or token by path: the deepest path with a rule counts, own rules before groups'. */
function held(host: Host, access: Access, id: string, path: string): Map<string, 0 | 1> {
  let current = new Map<string, 0 | 1>();
  const roles = rolesOf(host, access);
  for (const step of parents(path)) {
    const here = access.acls.filter((acl) => acl.path === step && (acl.propagate === 1 || step === path));
    const own = here.filter((acl) => acl.type !== "group" && acl.ugid === id);
    const group = here.filter((acl) => acl.type === "group" && access.groups[acl.ugid]?.users.includes(id));
    const rules = own.length > 0 ? own : group;
    if (rules.length === 0) continue;
    current = new Map();
    if (rules.some((acl) => acl.role === "NoAccess")) continue;
    for (const acl of rules) for (const p of roles[acl.role] ?? []) current.set(p, acl.propagate);
  }
  return current;
}

/** Privileges on a path with their propagate flag; root@pam holds all. */
export function permissionsOn(host: Host, user: string, path: string): Map<string, 0 | 1> {
  const access = loadAccess(host);
  const [owner = "", token] = user.split("!");
  const all = new Map(privileges(host.release).map((p) => [p, 1 as const]));
  const ownerHas = owner === "root@pam" ? all : held(host, access, owner, path);
  if (token === undefined) return ownerHas;
  if (access.users[owner]?.tokens[token]?.privsep !== 1) return ownerHas;
  // A token with privilege separation holds what both it and its user hold.
  const own = held(host, access, user, path);
  return new Map([...own].filter(([p]) => ownerHas.has(p)));
}

export function permissionsOf(host: Host, user: string): Permissions {
  return {
    has: (path, privilege) => permissionsOn(host, user, path).has(privilege),
    require(path, wanted) {
      const mine = permissionsOn(host, user, path);
      if (!wanted.some((p) => mine.has(p))) throw new PermissionError(`${path}, ${wanted.join("|")}`);
    },
  };
}
