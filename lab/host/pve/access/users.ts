/** /etc/pve/user.cfg: users, tokens, groups, pools, roles and access rules; the file is the truth. */
import { readHost, writeHost } from "../paths";
import type { Host } from "../../types";

export interface Token {
  expire: number;
  privsep: 0 | 1;
  comment: string;
}

export interface User {
  enable: 0 | 1;
  expire: number;
  firstname: string;
  lastname: string;
  email: string;
  comment: string;
  keys: string;
  tokens: Record<string, Token>;
}

export interface Group {
  users: string[];
  comment: string;
}

/** A pool of resources, by its name; below another one as `parent/leaf`. */
export interface Pool {
  comment: string;
  /** VMIDs and CTIDs. */
  vms: string[];
  storage: string[];
}

export interface Acl {
  path: string;
  type: "user" | "group" | "token";
  /** User, group or token id. */
  ugid: string;
  role: string;
  propagate: 0 | 1;
}

export interface Access {
  users: Record<string, User>;
  groups: Record<string, Group>;
  pools: Record<string, Pool>;
  roles: Record<string, string[]>;
  acls: Acl[];
}

const FILE = "/etc/pve/user.cfg";

export const newUser = (more: Partial<User> = {}): User => ({
  enable: 1,
  expire: 0,
  firstname: "",
  lastname: "",
  email: "",
  comment: "",
  keys: "",
  tokens: {},
  ...more,
});

const list = (text: string | undefined): string[] => (text ?? "").split(/[,;\s]+/).filter(Boolean);
const encode = (text: string): string =>
  text.replace(/[%:\n]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`);
const decode = (text: string | undefined): string =>
  decodeURIComponent((text ?? "").replace(/%(?![0-9A-Fa-f]{2})/g, "%25"));
const flag = (text: string | undefined): 0 | 1 => (text === "1" ? 1 : 0);

export function loadAccess(host: Host): Access {
  const access: Access = { users: {}, groups: {}, pools: {}, roles: {}, acls: [] };
  for (const line of (readHost(host, FILE) ?? "").split("\n")) {
    const [kind, ...f] = line.trim().split(":");
    if (kind === "user") {
      const [id = "", enable, expire, firstname, lastname, email, comment, keys] = f;
      access.users[id] = newUser({
        enable: flag(enable),
        expire: Number(expire ?? 0),
        firstname: decode(firstname),
        lastname: decode(lastname),
        email: decode(email),
        comment: decode(comment),
        keys: decode(keys),
      });
    } else if (kind === "token") {
      const [id = "", expire, privsep, comment] = f;
      const [user = "", name = ""] = id.split("!");
      const owner = access.users[user];
      if (owner)
        owner.tokens[name] = {
          expire: Number(expire ?? 0),
          privsep: flag(privsep),
          comment: decode(comment),
        };
    } else if (kind === "group") {
      access.groups[f[0] ?? ""] = { users: list(f[1]), comment: decode(f[2]) };
    } else if (kind === "pool") {
      access.pools[f[0] ?? ""] = { comment: decode(f[1]), vms: list(f[2]), storage: list(f[3]) };
    } else if (kind === "role") {
      access.roles[f[0] ?? ""] = list(f[1]).sort();
    } else if (kind === "acl") {
      const [propagate, path = "", ids, roles] = f;
      for (const id of list(ids))
        for (const role of list(roles)) {
          const type = id.startsWith("@") ? "group" : id.includes("!") ? "token" : "user";
          access.acls.push({ path, type, ugid: id.replace(/^@/, ""), role, propagate: flag(propagate) });
        }
    }
  }
  access.users["root@pam"] ??= newUser();
  return access;
}

/** Guests of a pool, ascending; undefined where there is no such pool. */
export const poolMembers = (host: Host, pool: string): number[] | undefined =>
  loadAccess(host)
    .pools[pool]?.vms.map(Number)
    .sort((a, b) => a - b);

/** Writes the file as Proxmox VE does: users with their tokens, groups, pools, roles, rules, each sorted. */
export function saveAccess(host: Host, access: Access): void {
  const lines: string[] = [];
  for (const id of Object.keys(access.users).sort()) {
    const user = access.users[id] ?? newUser();
    const fields = [user.firstname, user.lastname, user.email, user.comment, user.keys].map(encode);
    lines.push(`user:${[id, user.enable, user.expire, ...fields, ""].join(":")}`);
    for (const name of Object.keys(user.tokens).sort()) {
      const token = user.tokens[name];
      if (token) lines.push(`token:${id}!${name}:${token.expire}:${token.privsep}:${encode(token.comment)}:`);
    }
  }
  lines.push("");
  for (const id of Object.keys(access.groups).sort()) {
    const group = access.groups[id];
    if (group) lines.push(`group:${id}:${[...group.users].sort().join(",")}:${encode(group.comment)}:`);
  }
  lines.push("");
  for (const [id, { comment, vms, storage }] of Object.entries(access.pools).sort())
    lines.push(
      `pool:${id}:${encode(comment)}:${[...vms].sort().join(",")}:${[...storage].sort().join(",")}:`,
    );
  lines.push("");
  for (const id of Object.keys(access.roles).sort())
    lines.push(`role:${id}:${(access.roles[id] ?? []).join(",")}:`);
  lines.push("");
  const rules = access.acls.map(({ path, type, ugid, role, propagate }) => {
    return `acl:${propagate}:${path}:${type === "group" ? "@" : ""}${ugid}:${role}:`;
  });
  lines.push(...[...new Set(rules)].sort(), "");
  writeHost(host, FILE, lines.join("\n"));
}

/** Removes rules of users, groups, tokens and roles that are gone. */
export function dropStaleRules(access: Access, known: (role: string) => boolean): void {
  access.acls = access.acls.filter((acl) => {
    if (!known(acl.role)) return false;
    if (acl.type === "group") return access.groups[acl.ugid] !== undefined;
    const [user = "", token] = acl.ugid.split("!");
    const owner = access.users[user];
    return owner !== undefined && (token === undefined || owner.tokens[token] !== undefined);
  });
}
