/** NFS exports: each folder once, to clients and with options that exports(5) takes, and never to everybody as root. */
import { nearest } from "../check";
import type { Path, Report } from "../findings";
import { wholePath } from "../folders";
import { cidrPattern, ipv4Pattern } from "../ipv4";
import { storageIdPattern } from "../primitives";
import { datasetOf, isShipped, nfsStorageId } from "../storage-map";
import { isAmongClients } from "../sharing";
import { type Context, readable, type Rule } from "./context";
import { checkSharedFolder } from "./shared-folders";
import { reportRepeats, type Use } from "./unique";

/** Export options of nfs-utils 2.8 (exports(5)) that take no value. */
const flags = [
  ...[
    "acl",
    "all_squash",
    "async",
    "auth_nlm",
    "crossmnt",
    "hide",
    "insecure",
    "insecure_locks",
    "mountpoint",
    "mp",
  ],
  ...["no_acl", "no_all_squash", "no_auth_nlm", "no_pnfs", "no_root_squash", "no_subtree_check", "no_wdelay"],
  ...["nocrossmnt", "nohide", "pnfs", "ro", "root_squash", "rw", "secure", "secure_locks", "security_label"],
  ...["subtree_check", "sync", "wdelay"],
];
/** Those that take one, and what it looks like. */
const valued: Record<string, RegExp> = {
  anongid: /^-?[0-9]+$/,
  anonuid: /^-?[0-9]+$/,
  fsid: /^([0-9]+|root|[0-9a-fA-F:-]{32,})$/,
  mountpoint: /^\/./,
  mp: /^\/./,
  refer: /^\/.+@./,
  replicas: /^\/.+@./,
  sec: /^(sys|null|krb5|krb5i|krb5p|none)(:(sys|null|krb5|krb5i|krb5p|none))*$/,
  xprtsec: /^(none|tls|mtls)(:(none|tls|mtls))*$/,
};
const contrary: [string, string][] = [
  ["rw", "ro"],
  ["sync", "async"],
  ["root_squash", "no_root_squash"],
  ["all_squash", "no_all_squash"],
  ["subtree_check", "no_subtree_check"],
  ["secure", "insecure"],
  ["all_squash", "no_root_squash"],
];

/** Exports of folders that may be exported, each once. */
export const nfsExports: Rule = (context) => {
  const { hypervisor, hypervisorReport: report } = context;
  const folders: Use[] = [];
  const ids: Use[] = [];
  const known = new Set<string>();
  for (const { item, index } of readable(hypervisor?.nfs?.exports)) {
    const place = ["nfs", "exports", index];
    const clients = readable(item.clients);
    const options = readable(item.options);
    for (const { item: client, index: at } of clients) checkClient(report, [...place, "clients", at], client);
    for (const { item: option, index: at } of options) checkOption(report, [...place, "options", at], option);
    checkAccess(
      context,
      place,
      clients.map(({ item: client }) => client),
      options.map(({ item: option }) => option),
    );
    if (item.path === undefined) continue;
    const path = [...place, "path"];
    checkSharedFolder(context, path, item.path);
    const user = `nfs.exports[${index}]`;
    const folder = wholePath(item.path);
    if (!known.has(folder)) {
      known.add(folder);
      const id = nfsStorageId(item.path);
      checkStorageId(context, path, id);
      ids.push({ key: id, path, report, user });
    }
    folders.push({ key: folder, value: item.path, path, report, user });
  }
  reportRepeats(folders, "the path", "export a folder once, with all its clients");
  reportRepeats(ids, "the storage id", "give the folder another name: its storage is nfs-<folder>");
};

function checkClient(report: Report, path: Path, client: string): void {
  const [host = "", mask] = client.split("/");
  const numeric = /^[0-9.]+$/.test(host) && (mask === undefined || /^[0-9.]*$/.test(mask));
  const good =
    ipv4Pattern.test(client) ||
    cidrPattern.test(client) ||
    (ipv4Pattern.test(host) && ipv4Pattern.test(mask ?? ""));
  if (numeric && !good) {
    report.mistake(
      path,
      "is neither an IPv4 address nor a subnet",
      "write it as 10.0.0.5 or 10.0.0.0/24",
      client,
    );
  }
}

function checkOption(report: Report, path: Path, option: string): void {
  const [name = "", ...rest] = option.split("=");
  const value = option.includes("=") ? rest.join("=") : undefined;
  const pattern = Object.hasOwn(valued, name) ? valued[name] : undefined;
  if (value === undefined ? flags.includes(name) : pattern?.test(value)) {
    if (name === "fsid" && (value === "0" || value === "root")) {
      report.mistake(
        path,
        "would make it the root of all NFSv4 paths, and no storage of the node could be mounted by its own path",
        "remove it",
        option,
      );
    }
    return;
  }
  if (pattern) {
    report.mistake(path, `is not what exports(5) has for ${name}`, `give ${name}=<value>`, option);
  } else if (flags.includes(name)) {
    report.mistake(path, "has a value, and the option takes none", `write ${name}`, option);
  } else {
    const near = nearest(name, [...flags, ...Object.keys(valued)]);
    report.mistake(
      path,
      "is no export option of exports(5)",
      near ? `did you mean ${near}?` : "remove it, or correct it",
      option,
    );
  }
}

/** Whether a client stands for everybody, or for a good part of the internet. */
function isEverybody(client: string): boolean {
  const [address = "", prefix] = client.split("/");
  if (client === "*" || /^[*?.]+$/.test(client)) return true;
  if (address.includes(":")) return prefix !== undefined && Number(prefix) < 16;
  return (
    ipv4Pattern.test(address) &&
    (prefix === "0.0.0.0" || (/^[0-9]+$/.test(prefix ?? "") && Number(prefix) < 8))
  );
}

function checkAccess(context: Context, place: Path, clients: string[], options: string[]): void {
  const { hypervisorReport: report } = context;
  for (const [one, other] of contrary) {
    if (options.includes(one) && options.includes(other)) {
      report.mistake([...place, "options"], `has both ${one} and ${other}`, "keep one of the two");
    }
  }
  const everybody = clients.findIndex(isEverybody);
  const who = [...place, "clients", everybody];
  if (everybody >= 0 && options.includes("no_root_squash")) {
    report.mistake(
      who,
      "lets everybody who reaches the host read and write as root (no_root_squash)",
      "name the subnet that may mount it, such as 10.0.0.0/24, or remove no_root_squash",
      clients[everybody],
    );
  } else if (everybody >= 0 && options.includes("rw")) {
    report.warning(
      who,
      "lets everybody who reaches the host write",
      "name the subnet that may mount it, such as 10.0.0.0/24",
      clients[everybody],
    );
  }
  checkOwnAccess(context, place, clients, options);
}

/** The node mounts each export as a storage of its own. */
function checkOwnAccess(
  { hypervisor, hypervisorReport: report }: Context,
  place: Path,
  clients: string[],
  options: string[],
) {
  const network = hypervisor?.network;
  const own = network?.nfs_server ?? network?.interfaces?.address?.split("/")[0];
  if (own === undefined || !ipv4Pattern.test(own) || clients.length === 0) return;
  const mayMount = isAmongClients(own, clients);
  if (!mayMount) {
    report.warning(
      [...place, "clients"],
      `leaves out the node itself (${own}), so the export is no storage of Proxmox VE`,
      `add ${own} to make it one`,
    );
  } else if (options.length > 0 && !options.includes("no_root_squash")) {
    report.warning(
      [...place, "options"],
      "has no no_root_squash, so the node, which is root, can read its own storage there and hardly write to it",
      "add no_root_squash when only machines that you trust are among the clients",
    );
  }
}

function checkStorageId({ hypervisorReport: report, datasets }: Context, path: Path, id: string): void {
  const taken = datasetOf(datasets, id);
  if (!storageIdPattern.test(id)) {
    report.mistake(
      path,
      `gives the storage id ${id}, which Proxmox refuses`,
      "name the folder with letters, digits, . _ and -, a letter or digit last",
    );
  } else if (taken || isShipped(id)) {
    report.mistake(
      path,
      `gives the storage id ${id}, which ${taken ? `the dataset ${taken.fullName} has` : "Proxmox ships"}`,
      "give the folder or that storage another name",
    );
  }
}
