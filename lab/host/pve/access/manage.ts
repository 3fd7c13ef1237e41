/** Users, groups, roles, access rules and tokens. */
import { ParameterError, PveError } from "../errors";
import type { Value, Values } from "../schema/types";
import type { Host } from "../../types";
import { permissionsOn, rolesOf } from "./permissions";
import { builtinRoles, privileges } from "./privileges";
import { dropToken, forget, newTokenSecret, setPassword } from "./secrets";
import { dropStaleRules, loadAccess, newUser, saveAccess, type Access, type Acl, type User } from "./users";

const list = (value: Value | undefined): string[] =>
  String(value ?? "")
    .split(/[,;\s]+/)
    .filter(Boolean);
const text = (values: Values, key: string): string => String(values[key] ?? "");

function change<T>(host: Host, edit: (access: Access) => T): T {
  const access = loadAccess(host);
  const result = edit(access);
  dropStaleRules(access, (role) => rolesOf(host, access)[role] !== undefined);
  saveAccess(host, access);
  return result;
}

const noUser = (id: string): string => `no such user ('${id}')`;

function applyUser(access: Access, id: string, user: User, values: Values, failed: string): void {
  for (const key of ["firstname", "lastname", "email", "comment", "keys"] as const)
    if (values[key] !== undefined) user[key] = text(values, key);
  if (values["enable"] !== undefined) user.enable = values["enable"] === 1 ? 1 : 0;
  if (values["expire"] !== undefined) user.expire = Number(values["expire"]);
  if (values["groups"] === undefined) return;
  const wanted = list(values["groups"]);
  for (const name of wanted)
    if (!access.groups[name]) throw new PveError(`${failed}: no such group '${name}'`);
  for (const [name, group] of Object.entries(access.groups)) {
    const others = group.users.filter((user) => user !== id || values["append"] === 1);
    group.users = wanted.includes(name) ? [...new Set([...others, id])] : others;
  }
}

export function addUser(host: Host, values: Values): null {
  const id = text(values, "userid");
  change(host, (access) => {
    if (access.users[id]) throw new PveError(`create user failed: user '${id}' already exists`);
    const user = (access.users[id] = newUser());
    applyUser(access, id, user, values, "create user failed");
  });
  if (values["password"] !== undefined) {
    if (!id.endsWith("@pve"))
      throw new PveError(`create user failed: the lab keeps passwords of the pve realm only`);
    setPassword(host, id, text(values, "password"));
  }
  return null;
}

export function modifyUser(host: Host, values: Values): null {
  const id = text(values, "userid");
  change(host, (access) => {
    const user = access.users[id];
    if (!user) throw new PveError(`update user failed: ${noUser(id)}`);
    applyUser(access, id, user, values, "update user failed");
  });
  return null;
}

/** Removing a user who is not there is no failure. */
export function deleteUser(host: Host, id: string): null {
  change(host, (access) => {
    delete access.users[id];
    for (const group of Object.values(access.groups)) group.users = group.users.filter((user) => user !== id);
  });
  forget(host, id);
  return null;
}

const REALM_TYPES: Record<string, string> = { pam: "pam", pve: "pve" };

function describe(user: User): Record<string, unknown> {
  const { enable, expire, email } = user;
  const filled = (["firstname", "lastname", "comment", "keys"] as const).filter((key) => user[key] !== "");
  return { enable, expire, email, ...Object.fromEntries(filled.map((key) => [key, user[key]])) };
}

export function listUsers(host: Host): Record<string, unknown>[] {
  return Object.entries(loadAccess(host).users).map(([userid, user]) => ({
    userid,
    ...describe(user),
    "realm-type": REALM_TYPES[userid.split("@").at(-1) ?? ""],
  }));
}

export function showUser(host: Host, id: string): Record<string, unknown> {
  const access = loadAccess(host);
  const user = access.users[id];
  if (!user) throw new PveError(noUser(id));
  const groups = Object.keys(access.groups).filter((name) => access.groups[name]?.users.includes(id));
  const tokens = Object.keys(user.tokens).length > 0 ? user.tokens : null;
  return { ...describe(user), groups, tokens };
}

function userOf(access: Access, id: string): User {
  const user = access.users[id];
  if (!user) throw new PveError(noUser(id));
  return user;
}

const tokenInfo = ({ expire, privsep, comment }: User["tokens"][string]) => ({
  expire,
  privsep,
  ...(comment !== "" && { comment }),
});

export function listTokens(host: Host, id: string): Record<string, unknown>[] {
  const { tokens } = userOf(loadAccess(host), id);
  return Object.entries(tokens).map(([tokenid, token]) => ({ tokenid, ...tokenInfo(token) }));
}

export function showToken(host: Host, id: string, name: string): Record<string, unknown> {
  const token = userOf(loadAccess(host), id).tokens[name];
  if (!token) throw new PveError(`no such token '${name}' for user '${id}'`);
  return tokenInfo(token);
}

export function addToken(host: Host, values: Values): Record<string, unknown> {
  const id = text(values, "userid");
  const name = text(values, "tokenid");
  const full = `${id}!${name}`;
  change(host, (access) => {
    const user = userOf(access, id);
    if (user.tokens[name]) throw new ParameterError({ tokenid: "Token already exists." });
    user.tokens[name] = {
      expire: Number(values["expire"] ?? 0),
      privsep: values["privsep"] === 0 ? 0 : 1,
      comment: text(values, "comment"),
    };
  });
  const info: Record<string, string> = { privsep: values["privsep"] === 0 ? "0" : "1" };
  for (const key of ["comment", "expire"]) if (values[key] !== undefined) info[key] = String(values[key]);
  return { "full-tokenid": full, info, value: newTokenSecret(host, full) };
}

export function modifyToken(host: Host, values: Values): Record<string, unknown> {
  const id = text(values, "userid");
  const name = text(values, "tokenid");
  return change(host, (access) => {
    const token = userOf(access, id).tokens[name];
    if (!token) throw new PveError(`no such token '${name}' for user '${id}'`);
    if (values["expire"] !== undefined) token.expire = Number(values["expire"]);
    if (values["privsep"] !== undefined) token.privsep = values["privsep"] === 1 ? 1 : 0;
    if (values["comment"] !== undefined) token.comment = text(values, "comment");
    return tokenInfo(token);
  });
}

export function removeToken(host: Host, id: string, name: string): null {
  change(host, (access) => {
    const user = userOf(access, id);
    if (!user.tokens[name]) throw new PveError(`no such token '${name}' for user '${id}'`);
    delete user.tokens[name];
  });
  dropToken(host, `${id}!${name}`);
  return null;
}

export function listRoles(host: Host): Record<string, unknown>[] {
  const builtin = builtinRoles(host.release);
  return Object.entries(rolesOf(host, loadAccess(host))).map(([roleid, privs]) => ({
    roleid,
    privs: [...privs].sort().join(","),
    special: builtin[roleid] ? 1 : 0,
  }));
}

function checkPrivileges(host: Host, wanted: string[]): void {
  for (const name of wanted)
    if (!privileges(host.release).includes(name))
      throw new ParameterError({ privs: `invalid format - invalid privilege '${name}'` });
}

export function addRole(host: Host, values: Values): null {
  const id = text(values, "roleid");
  const privs = list(values["privs"]);
  checkPrivileges(host, privs);
  return change(host, (access) => {
    if (rolesOf(host, access)[id]) throw new PveError(`create role failed: role '${id}' already exists`);
    access.roles[id] = [...new Set(privs)].sort();
    return null;
  });
}

export function modifyRole(host: Host, values: Values): null {
  const id = text(values, "roleid");
  const privs = list(values["privs"]);
  checkPrivileges(host, privs);
  if (builtinRoles(host.release)[id]) throw new PveError(`auto-generated role '${id}' cannot be modified`);
  return change(host, (access) => {
    const before = access.roles[id];
    if (!before) throw new PveError(`update role failed: role '${id}' does not exist`);
    access.roles[id] = [...new Set([...(values["append"] === 1 ? before : []), ...privs])].sort();
    return null;
  });
}

export function deleteRole(host: Host, id: string): null {
  if (builtinRoles(host.release)[id]) throw new PveError(`auto-generated role '${id}' cannot be deleted`);
  return change(host, (access) => {
    if (!access.roles[id]) throw new PveError(`delete role failed: role '${id}' does not exist`);
    delete access.roles[id];
    return null;
  });
}

export function listGroups(host: Host): Record<string, unknown>[] {
  return Object.entries(loadAccess(host).groups).map(([groupid, { users, comment }]) => ({
    groupid,
    users: users.join(","),
    ...(comment !== "" && { comment }),
  }));
}

export function addGroup(host: Host, values: Values): null {
  const id = text(values, "groupid");
  return change(host, (access) => {
    if (access.groups[id]) throw new PveError(`create group failed: group '${id}' already exists`);
    access.groups[id] = { users: [], comment: text(values, "comment") };
    return null;
  });
}

export function modifyGroup(host: Host, values: Values): null {
  const id = text(values, "groupid");
  return change(host, (access) => {
    const group = access.groups[id];
    if (!group) throw new PveError(`update group failed: group '${id}' does not exist`);
    if (values["comment"] !== undefined) group.comment = text(values, "comment");
    return null;
  });
}

export function deleteGroup(host: Host, id: string): null {
  return change(host, (access) => {
    if (!access.groups[id]) throw new PveError(`delete group failed: group '${id}' does not exist`);
    delete access.groups[id];
    return null;
  });
}

const ACL_PATHS =
  /^\/$|^\/(access|nodes|pool|sdn|storage|vms|mapping)$|^\/access\/(groups|realm)(\/[^/]+)?$|^\/(nodes|pool|storage)\/[^/]+$|^\/vms\/[1-9]\d{2,}$|^\/mapping\/(pci|usb|dir|hwrng|notifications)(\/[^/]+)?$|^\/sdn\/(controllers|dns|ipams|zones)(\/[^/]+)*$/;

export function listAcls(host: Host): Record<string, unknown>[] {
  return loadAccess(host).acls.map(({ path, type, ugid, role, propagate }) => ({
    path,
    type,
    ugid,
    roleid: role,
    propagate,
  }));
}

/** Adds or removes access rules. */
export function updateAcl(host: Host, values: Values): null {
  const path = text(values, "path").replace(/(.)\/+$/, "$1");
  if (!ACL_PATHS.test(path)) throw new ParameterError({ path: `invalid ACL path '${path}'` });
  const required = "either 'users', 'groups' or 'tokens' is required.";
  if (!["users", "groups", "tokens"].some((key) => values[key] !== undefined))
    throw new ParameterError({ users: required, tokens: required, groups: required });
  const propagate = values["propagate"] === 0 ? 0 : 1;
  return change(host, (access) => {
    for (const role of list(values["roles"])) {
      if (!rolesOf(host, access)[role])
        throw new PveError(`ACL update failed: role '${role}' does not exist`);
      for (const rule of rulesOf(access, values, { path, role, propagate })) {
        const same = (acl: Acl) =>
          acl.path === path && acl.ugid === rule.ugid && acl.type === rule.type && acl.role === role;
        access.acls = access.acls.filter((acl) => !same(acl));
        if (values["delete"] !== 1) access.acls.push(rule);
      }
    }
    return null;
  });
}

function rulesOf(access: Access, values: Values, rule: Pick<Acl, "path" | "role" | "propagate">): Acl[] {
  const removing = values["delete"] === 1;
  const rules: Acl[] = [];
  for (const ugid of list(values["groups"])) {
    if (!removing && !access.groups[ugid])
      throw new PveError(`ACL update failed: group '${ugid}' does not exist`);
    rules.push({ ...rule, type: "group", ugid });
  }
  for (const ugid of list(values["users"])) {
    if (!removing && !access.users[ugid])
      throw new PveError(`ACL update failed: user '${ugid}' does not exist`);
    rules.push({ ...rule, type: "user", ugid });
  }
  for (const ugid of list(values["tokens"])) {
    const [user = "", name = ""] = ugid.split("!");
    if (!removing && !access.users[user]?.tokens[name])
      throw new PveError(`ACL update failed: no such token '${name}' for user '${user}'`);
    rules.push({ ...rule, type: "token", ugid });
  }
  return rules;
}

/** Privileges by path, of one path or of every path that has a rule. */
export function effectivePermissions(
  host: Host,
  user: string,
  path?: string,
): Record<string, Record<string, 0 | 1>> {
  const usual = ["/", "/access", "/access/groups", "/nodes", "/pool", "/sdn", "/storage", "/vms"];
  const paths = path === undefined ? [...usual, ...loadAccess(host).acls.map((acl) => acl.path)] : [path];
  const entries = [...new Set(paths)].map(
    (p) => [p, Object.fromEntries(permissionsOn(host, user, p))] as const,
  );
  return Object.fromEntries(entries.filter(([, privs]) => Object.keys(privs).length > 0));
}
