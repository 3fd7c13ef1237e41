/** NFS exports and Samba shares as the components make them: whole paths, defaults applied, sorted. */
import { wholePath } from "./folders";
import type { HypervisorConfig } from "./hypervisor-schema";
import { cidrPattern, formatSubnet, inSubnet, ipv4Pattern, parseAddress, parseInterface } from "./ipv4";
import { datasetAround, nfsStorageId, placeDatasets } from "./storage-map";

/** Where a shared folder lies. */
interface Place {
  /** `/quickOS/media`. */
  path: string;
  /** The dataset (or the pool's own) that must be mounted for it; absent for a folder of the root file system. */
  dataset?: string;
}

/** An NFS export. */
export interface NfsExportSpec extends Place {
  /** Last part of the path. */
  name: string;
  /** Sorted, each once. */
  clients: string[];
  options: string[];
  /** `nfs-<name>`; absent where the node itself is not among the clients and cannot mount it. */
  storageId?: string;
}

/** What the host exports. */
export interface NfsSpec {
  /** The node's own address, from which it mounts its storages. */
  server: string;
  /** Whom the firewall lets through: subnets and addresses, or `any`. */
  sources: string[];
  /** By path. */
  exports: NfsExportSpec[];
}

/** A Samba share. */
export interface SambaShareSpec extends Place {
  name: string;
  /** User names and `@group`, sorted; never empty. */
  validUsers: string[];
  /** Parameters of smb.conf(5) that the file sets, keys sorted. */
  options: Record<string, string>;
}

/** What the host shares. */
export interface SambaSpec {
  /** Who owns the shared folders. */
  owner: string;
  /** Everybody who needs a Samba password, by name; `create` when no other area makes the Linux user. */
  users: { name: string; create: boolean }[];
  /** By name. */
  shares: SambaShareSpec[];
}

function place(text: string, hypervisor: HypervisorConfig): Place {
  const path = wholePath(text);
  const around = datasetAround(path, placeDatasets(hypervisor));
  const pool = path.split("/")[1] ?? "";
  const dataset =
    around?.fullName ?? (hypervisor.zfs.pools.some(({ name }) => name === pool) ? pool : undefined);
  return { path, ...(dataset !== undefined && { dataset }) };
}

/** The exports, by path; undefined when there is none. */
export function nfsSpec(hypervisor: HypervisorConfig): NfsSpec | undefined {
  const { nfs, network } = hypervisor;
  if (nfs.exports.length === 0) return undefined;
  const subnet = formatSubnet(parseInterface(network.default_subnet ?? network.interfaces.address));
  const server = network.nfs_server ?? network.interfaces.address.split("/")[0] ?? "";
  const exports = nfs.exports.map(({ path, clients, options }) => ({
    ...place(path, hypervisor),
    name: wholePath(path).split("/").pop() ?? "",
    clients: [...new Set(clients)].sort(),
    options: exportOptions(options),
    ...(isAmongClients(server, clients) && { storageId: nfsStorageId(path) }),
  }));
  return {
    server,
    sources: sources(
      subnet,
      exports.flatMap(({ clients }) => clients),
    ),
    exports: exports.sort((a, b) => (a.path < b.path ? -1 : 1)),
  };
}

/** Whether an address may mount an export, as far as its clients can be read: a name may be anybody's. */
export function isAmongClients(address: string, clients: readonly string[]): boolean {
  return clients.some((client) => {
    if (ipv4Pattern.test(client)) return client === address;
    if (cidrPattern.test(client) && ipv4Pattern.test(address))
      return inSubnet(parseAddress(address), parseInterface(client));
    return true;
  });
}

/** exportfs warns when neither is said, and takes no_subtree_check then. The order counts only after a sec=. */
function exportOptions(options: readonly string[]): string[] {
  const all = options.some((option) => /^(no_)?subtree_check$/.test(option))
    ? options
    : [...options, "no_subtree_check"];
  return all.some((option) => option.startsWith("sec=")) ? [...all] : [...new Set(all)].sort();
}

/** Who the firewall lets through: the subnet, and every client with an address outside of it. */
function sources(subnet: string, clients: readonly string[]): string[] {
  if (clients.some((client) => /^(\*|0\.0\.0\.0\/0|::\/0)$/.test(client))) return ["any"];
  const own = parseInterface(subnet);
  const outside = clients.filter((client) => {
    const [address = "", length = "32"] = client.split("/");
    if (client.includes(":")) return /^[0-9a-f:./]+$/i.test(client);
    if (!ipv4Pattern.test(address)) return false;
    return !(inSubnet(parseAddress(address), own) && Number(length) >= own.prefix);
  });
  return [subnet, ...new Set(outside)].sort();
}

/** The shares, by name; undefined when there is none. */
export function sambaSpec(hypervisor: HypervisorConfig): SambaSpec | undefined {
  const { samba, users } = hypervisor;
  if (!samba || samba.shares.length === 0) return undefined;
  const shares = samba.shares.map((share): SambaShareSpec => {
    const validUsers = [...new Set(share.valid_users.length > 0 ? share.valid_users : [samba.user])].sort();
    return {
      name: share.name,
      ...place(share.path, hypervisor),
      validUsers,
      options: shareOptions(share.options),
    };
  });
  const names = shares.flatMap(({ validUsers }) => validUsers.filter((user) => !user.startsWith("@")));
  return {
    owner: samba.user,
    users: [...new Set([samba.user, ...names])]
      .sort()
      .map((name) => ({ name, create: name !== users?.username })),
    shares: shares.sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

/** Other spellings of a parameter that smb.conf(5) has. */
const spellings: Record<string, string> = {
  browsable: "browseable",
  writeable: "writable",
  "write ok": "writable",
  public: "guest ok",
  "create mode": "create mask",
  "directory mode": "directory mask",
};

/** `writable=yes guest_ok=no` → parameters by the name that smb.conf(5) gives them, keys sorted. */
export function shareOptions(text: string): Record<string, string> {
  const pairs = text
    .split(/\s+/)
    .filter(Boolean)
    .map((word): [string, string] => {
      const at = word.indexOf("=");
      const key = word.slice(0, at).toLowerCase().replaceAll("_", " ");
      const value = word.slice(at + 1);
      if (key === "read only") return ["writable", isYes(value) ? "no" : "yes"];
      return [spellings[key] ?? key, value];
    });
  return Object.fromEntries(pairs.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Whether Samba reads a value as true. */
export function isYes(value: string): boolean {
  return /^(yes|true|on|1)$/i.test(value);
}
