/** `pveum`: users, groups, pools, roles, access rules and tokens from the node's command line. */
import { effectivePermissions } from "../access/manage";
import { setPassword } from "../access/secrets";
import { loadAccess } from "../access/users";
import type { Method } from "../context";
import { PveError } from "../errors";
import { string } from "../schema/types";
import { fromMethod, type Subcommand, type Tree } from "./command";
import { formatOptions, formatResult } from "./format";
import type { Find } from "./pct";

const O = { optional: true } as const;
const userid = string({ format: "pve-userid", maxLength: 64 });

/** A method whose result is printed in the format asked for. */
function shown(method: Method, positions: string[]): Subcommand {
  const bare = fromMethod(method, positions);
  return {
    parameters: { ...bare.parameters, ...formatOptions },
    positions,
    async run(context, values) {
      const own = Object.entries(values).filter(([key]) => !(key in formatOptions));
      const text = formatResult(await method.run(context, Object.fromEntries(own)), values);
      if (text !== "") context.print(text);
    },
  };
}

export function pveum(find: Find): Tree {
  const TOKEN = "/access/users/{userid}/token/{tokenid}";
  const acl = find("PUT", "/access/acl");
  const aclParameters = { ...acl.parameters };
  delete aclParameters["delete"];
  const changeAcl = (remove: 0 | 1): Subcommand => ({
    parameters: aclParameters,
    positions: ["path"],
    run: async (context, values) => void (await acl.run(context, { ...values, delete: remove })),
  });
  const tree = {
    user: {
      list: shown(find("GET", "/access/users"), []),
      add: fromMethod(find("POST", "/access/users"), ["userid"]),
      modify: fromMethod(find("PUT", "/access/users/{userid}"), ["userid"]),
      delete: fromMethod(find("DELETE", "/access/users/{userid}"), ["userid"]),
      permissions: {
        parameters: { userid: { ...userid, optional: true }, path: string(O), ...formatOptions },
        positions: ["userid"],
        async run({ host, print }, values) {
          const path = values["path"] === undefined ? undefined : String(values["path"]);
          print(
            formatResult(effectivePermissions(host, String(values["userid"] ?? "root@pam"), path), values),
          );
        },
      },
      token: {
        add: shown(find("POST", TOKEN), ["userid", "tokenid"]),
        modify: shown(find("PUT", TOKEN), ["userid", "tokenid"]),
        remove: fromMethod(find("DELETE", TOKEN), ["userid", "tokenid"]),
        list: shown(find("GET", "/access/users/{userid}/token"), ["userid"]),
      },
    },
    role: {
      list: shown(find("GET", "/access/roles"), []),
      add: fromMethod(find("POST", "/access/roles"), ["roleid"]),
      modify: fromMethod(find("PUT", "/access/roles/{roleid}"), ["roleid"]),
      delete: fromMethod(find("DELETE", "/access/roles/{roleid}"), ["roleid"]),
    },
    group: {
      list: shown(find("GET", "/access/groups"), []),
      add: fromMethod(find("POST", "/access/groups"), ["groupid"]),
      modify: fromMethod(find("PUT", "/access/groups/{groupid}"), ["groupid"]),
      delete: fromMethod(find("DELETE", "/access/groups/{groupid}"), ["groupid"]),
    },
    pool: {
      list: shown(find("GET", "/pools"), []),
      add: fromMethod(find("POST", "/pools"), ["poolid"]),
      modify: fromMethod(find("PUT", "/pools"), ["poolid"]),
      delete: fromMethod(find("DELETE", "/pools"), ["poolid"]),
    },
    acl: {
      list: shown(find("GET", "/access/acl"), []),
      modify: changeAcl(0),
      delete: changeAcl(1),
    },
    realm: { list: shown(find("GET", "/access/domains"), []) },
    passwd: {
      parameters: { userid },
      positions: ["userid"],
      async run({ host, call }, values) {
        const user = String(values["userid"]);
        if (!loadAccess(host).users[user]) throw new PveError(`no such user ('${user}')`);
        if (!user.endsWith("@pve")) throw new PveError("the lab keeps passwords of the pve realm only");
        const [first = "", second = ""] = (await call.stdin()).toString("utf8").split("\n");
        if (first !== second) throw new PveError("The passwords do not match.");
        if (first.length < 5) throw new PveError("The password is too short.");
        setPassword(host, user, first);
      },
    },
  } satisfies Tree;
  const { user, role, group } = tree;
  return {
    ...tree,
    // The names of earlier releases, which scripts still use.
    useradd: user.add,
    usermod: user.modify,
    userdel: user.delete,
    roleadd: role.add,
    rolemod: role.modify,
    roledel: role.delete,
    groupadd: group.add,
    groupmod: group.modify,
    groupdel: group.delete,
    aclmod: tree.acl.modify,
    acldel: tree.acl.delete,
  };
}
