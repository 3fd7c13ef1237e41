/** NFS exports and Samba shares: what they share exists, and who may use them does. */
import type { Report } from "../findings";
import { datasetAround } from "../storage-map";
import { type Context, readable, type Rule } from "./context";
import { reportRepeats } from "./unique";

/** Exports on datasets that exist, each once. */
export const nfsExports: Rule = (context) => {
  const { hypervisor, hypervisorReport: report } = context;
  const entries = readable(hypervisor?.nfs?.exports);
  const uses = entries.flatMap(({ item, index }) => {
    const path = ["nfs", "exports", index, "path"];
    if (item.path === undefined) return [];
    checkSharedPath(context, report, path, item.path);
    return [
      {
        key: item.path.replace(/^\/|\/+$/g, ""),
        value: item.path,
        path,
        report,
        user: `nfs.exports[${index}]`,
      },
    ];
  });
  reportRepeats(uses, "the path", "export a folder once, with all its clients");
};

/** Shares on datasets that exist, each name once, for users that something creates. */
export const samba: Rule = (context) => {
  const { hypervisor, hypervisorReport: report } = context;
  const section = hypervisor?.samba;
  if (!section) return;
  const made = hypervisor.users?.username;
  if (section.user !== undefined && section.user !== made && section.user !== "root") {
    report.warning(
      ["samba", "user"],
      "is a user that nothing in these files creates",
      made
        ? `name users.username (${made}) here, or create the user on the host`
        : "create the user on the host",
      section.user,
    );
  }
  const shares = readable(section.shares);
  for (const { item, index } of shares) {
    const path = ["samba", "shares", index];
    if (item.path !== undefined) checkSharedPath(context, report, [...path, "path"], item.path);
    for (const { item: user, index: at } of readable(item.valid_users)) {
      if (user === section.user || user === made || user === "root" || user.startsWith("@")) continue;
      report.warning(
        [...path, "valid_users", at],
        "is a user that nothing in these files creates",
        "create the user on the host, or remove it from the list",
        user,
      );
    }
    for (const option of (item.options ?? "").split(/\s+/).filter((word) => word !== "")) {
      if (!/^[a-z_]+=\S+$/i.test(option)) {
        report.mistake(
          [...path, "options"],
          `has an option that is not key=value: ${option}`,
          "write it as writable=yes",
        );
      }
    }
  }
  reportRepeats(
    shares.flatMap(({ item, index }) =>
      item.name === undefined
        ? []
        : [
            {
              key: item.name.toLowerCase(),
              value: item.name,
              path: ["samba", "shares", index, "name"],
              report,
              user: `samba.shares[${index}]`,
            },
          ],
    ),
    "the name",
    "give each share a name of its own",
  );
};

/** `pool/dataset[/folder]` or an absolute path: a mistake without its pool, a warning without its dataset. */
function checkSharedPath(context: Context, report: Report, path: (string | number)[], text: string): void {
  const absolute = text.startsWith("/") ? text : `/${text}`;
  const pool = absolute.split("/")[1] ?? "";
  if (datasetAround(absolute, context.datasets)) return;
  if (context.pools.has(pool)) {
    report.warning(
      path,
      `lies on no dataset of zfs.datasets, so it would be a plain folder of the pool ${pool}`,
      "add the dataset to zfs.datasets, or correct the path",
      text,
    );
  } else if (!text.startsWith("/") && context.poolsKnown) {
    report.mistake(path, "names no pool of zfs.pools", "write pool/dataset, or an absolute path", text);
  }
}
