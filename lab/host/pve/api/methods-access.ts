/** /access: authentication, users, groups, roles, access rules and tokens. */
import { checkPassword, newTicket, setPassword } from "../access/secrets";
import * as manage from "../access/manage";
import { loadAccess } from "../access/users";
import type { Method } from "../context";
import { PermissionError, PveError } from "../errors";
import { boolean, integer, string, type Parameters, type Values } from "../schema/types";

const O = { optional: true } as const;
const userid = string({ format: "pve-userid", maxLength: 64 });
const tokenid = string({ pattern: /^[A-Za-z][A-Za-z0-9.\-_]+$/ });
const roleid = string({ format: "pve-roleid" });
const groupid = string({ format: "pve-groupid" });
const text = (values: Values, key: string): string => String(values[key] ?? "");

const userOptions: Parameters = {
  userid,
  comment: string(O),
  email: string({ ...O, format: "email-opt" }),
  enable: boolean(O),
  expire: integer({ ...O, minimum: 0 }),
  firstname: string(O),
  lastname: string(O),
  groups: string(O),
  keys: string(O),
};
const tokenOptions: Parameters = {
  userid,
  tokenid,
  comment: string(O),
  expire: integer({ ...O, minimum: 0 }),
  privsep: boolean(O),
};

const realmOf = (values: Values): string => text(values, "userid").split("@").at(-1) ?? "";
const allocateUser: Method["permission"] = (check, values) =>
  check.require(`/access/realm/${realmOf(values)}`, ["Realm.AllocateUser"]);
const modifyUsers: Method["permission"] = (check) => check.require("/access/groups", ["User.Modify"]);
const modifyRules: Method["permission"] = (check) => check.require("/access", ["Permissions.Modify"]);
const sysModify: Method["permission"] = (check) => check.require("/access", ["Sys.Modify"]);

/** POST /access/ticket; `password` is root@pam's own: the one the lab was started with. */
export const ticketMethod = (password: string): Method => ({
  method: "POST",
  path: "/access/ticket",
  open: true,
  parameters: {
    username: string({ maxLength: 64 }),
    password: string(),
    realm: string(O),
    otp: string(O),
    path: string(O),
    privs: string(O),
    "new-format": boolean(O),
    "tfa-challenge": string(O),
  },
  async run({ host }, values) {
    const given = text(values, "username");
    const user = given.includes("@") ? given : `${given}@${text(values, "realm") || "pam"}`;
    const known = loadAccess(host).users[user]?.enable === 1;
    const right =
      user === "root@pam"
        ? values["password"] === password
        : checkPassword(host, user, text(values, "password"));
    if (!known || !right) {
      await host.latency("failed login");
      throw new PveError("authentication failure", 401);
    }
    const { ticket: value, csrf } = newTicket(host, user);
    const cap = { vms: {}, storage: {}, access: {}, nodes: {}, sdn: {}, dc: {}, mapping: {} };
    return { username: user, ticket: value, CSRFPreventionToken: csrf, cap };
  },
});

export function accessMethods(): Method[] {
  return [
    {
      method: "GET",
      path: "/access",
      parameters: {},
      run: async () => ["users", "groups", "roles", "acl", "domains", "ticket"].map((subdir) => ({ subdir })),
    },
    {
      method: "GET",
      path: "/access/domains",
      parameters: {},
      run: async () => [
        { realm: "pam", type: "pam", comment: "Linux PAM standard authentication" },
        { realm: "pve", type: "pve", comment: "Proxmox VE authentication server" },
      ],
    },
    {
      method: "PUT",
      path: "/access/password",
      parameters: { userid, password: string({ minLength: 5 }), "confirmation-password": string(O) },
      permission: modifyUsers,
      async run({ host }, values) {
        const user = text(values, "userid");
        if (!user.endsWith("@pve")) throw new PveError("the lab keeps passwords of the pve realm only");
        if (!loadAccess(host).users[user]) throw new PveError(`no such user ('${user}')`);
        setPassword(host, user, text(values, "password"));
        return null;
      },
    },
    { method: "GET", path: "/access/users", parameters: {}, run: async ({ host }) => manage.listUsers(host) },
    {
      method: "POST",
      path: "/access/users",
      parameters: { ...userOptions, password: string({ ...O, minLength: 5, maxLength: 64 }) },
      permission: allocateUser,
      run: async ({ host }, values) => manage.addUser(host, values),
    },
    {
      method: "GET",
      path: "/access/users/{userid}",
      parameters: { userid },
      permission: modifyUsers,
      run: async ({ host }, values) => manage.showUser(host, text(values, "userid")),
    },
    {
      method: "PUT",
      path: "/access/users/{userid}",
      parameters: { ...userOptions, append: boolean(O) },
      permission: modifyUsers,
      run: async ({ host }, values) => manage.modifyUser(host, values),
    },
    {
      method: "DELETE",
      path: "/access/users/{userid}",
      parameters: { userid },
      permission: allocateUser,
      run: async ({ host }, values) => manage.deleteUser(host, text(values, "userid")),
    },
    {
      method: "GET",
      path: "/access/users/{userid}/token",
      parameters: { userid },
      run: async ({ host }, values) => manage.listTokens(host, text(values, "userid")),
    },
    {
      method: "GET",
      path: "/access/users/{userid}/token/{tokenid}",
      parameters: { userid, tokenid },
      run: async ({ host }, values) =>
        manage.showToken(host, text(values, "userid"), text(values, "tokenid")),
    },
    {
      method: "POST",
      path: "/access/users/{userid}/token/{tokenid}",
      parameters: tokenOptions,
      permission: modifyUsers,
      run: async ({ host }, values) => manage.addToken(host, values),
    },
    {
      method: "PUT",
      path: "/access/users/{userid}/token/{tokenid}",
      parameters: tokenOptions,
      permission: modifyUsers,
      run: async ({ host }, values) => manage.modifyToken(host, values),
    },
    {
      method: "DELETE",
      path: "/access/users/{userid}/token/{tokenid}",
      parameters: { userid, tokenid },
      permission: modifyUsers,
      run: async ({ host }, values) =>
        manage.removeToken(host, text(values, "userid"), text(values, "tokenid")),
    },
    { method: "GET", path: "/access/roles", parameters: {}, run: async ({ host }) => manage.listRoles(host) },
    {
      method: "POST",
      path: "/access/roles",
      parameters: { roleid, privs: string(O) },
      permission: sysModify,
      run: async ({ host }, values) => manage.addRole(host, values),
    },
    {
      method: "PUT",
      path: "/access/roles/{roleid}",
      parameters: { roleid, privs: string(O), append: boolean(O) },
      permission: sysModify,
      run: async ({ host }, values) => manage.modifyRole(host, values),
    },
    {
      method: "DELETE",
      path: "/access/roles/{roleid}",
      parameters: { roleid },
      permission: sysModify,
      run: async ({ host }, values) => manage.deleteRole(host, text(values, "roleid")),
    },
    {
      method: "GET",
      path: "/access/groups",
      parameters: {},
      run: async ({ host }) => manage.listGroups(host),
    },
    {
      method: "POST",
      path: "/access/groups",
      parameters: { groupid, comment: string(O) },
      permission: (check) => check.require("/access/groups", ["Group.Allocate"]),
      run: async ({ host }, values) => manage.addGroup(host, values),
    },
    {
      method: "PUT",
      path: "/access/groups/{groupid}",
      parameters: { groupid, comment: string(O) },
      permission: (check) => check.require("/access/groups", ["Group.Allocate"]),
      run: async ({ host }, values) => manage.modifyGroup(host, values),
    },
    {
      method: "DELETE",
      path: "/access/groups/{groupid}",
      parameters: { groupid },
      permission: (check) => check.require("/access/groups", ["Group.Allocate"]),
      run: async ({ host }, values) => manage.deleteGroup(host, text(values, "groupid")),
    },
    { method: "GET", path: "/access/acl", parameters: {}, run: async ({ host }) => manage.listAcls(host) },
    {
      method: "PUT",
      path: "/access/acl",
      parameters: {
        path: string(),
        roles: string(),
        users: string(O),
        groups: string(O),
        tokens: string(O),
        propagate: boolean(O),
        delete: boolean(O),
      },
      permission: modifyRules,
      run: async ({ host }, values) => manage.updateAcl(host, values),
    },
    {
      method: "GET",
      path: "/access/permissions",
      parameters: { userid: string(O), path: string(O) },
      async run({ host, user, permissions }, values) {
        const other = values["userid"] === undefined ? user : text(values, "userid");
        if (other !== user && !permissions.has("/access", "Sys.Audit"))
          throw new PermissionError("/access, Sys.Audit");
        return manage.effectivePermissions(
          host,
          other,
          values["path"] === undefined ? undefined : text(values, "path"),
        );
      },
    },
  ];
}
