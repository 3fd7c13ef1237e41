/** What somebody changes of what the host shares. */
import type { Settings as Export } from "../../components/hypervisor/nfs/export/step";
import type { Settings as Folder } from "../../components/hypervisor/samba/folder/step";
import type { Settings as User } from "../../components/hypervisor/samba/user/step";
import type { Settings as Server } from "../../components/hypervisor/share-server/step";
import type { ScriptStep } from "../../plan/step";
import { type Break, type BreaksOf, ownFile, ownPackage, ownService } from "./break";
import { ownRule } from "./host-breaks";

const settings = <T>(step: ScriptStep): T => step.settings as T;

const server: BreaksOf = (step, all) => {
  const { units, rules, packages } = settings<Server>(step);
  const last = packages.slice(-1).map((name) => (name === "nfs-common" ? nfsCommon(all) : ownPackage(name)));
  const services = units.flatMap(ownService).map((each) => {
    if (each.by !== "systemctl stop nfs-server") return each;
    const exports = all.filter(({ name }) => name.startsWith("host-nfs-export-"));
    const noClients = exports.map((one): [string, string[]] => {
      const { path, clients } = settings<Export>(one);
      return [one.name, [`export ${path} clients: is none, wanted ${clients.join(" ")}`]];
    });
    return { ...each, also: Object.fromEntries(noClients) };
  });
  return [...services, ...rules.map(ownRule), ...last];
};

/** The server goes with it. */
function nfsCommon(all: readonly ScriptStep[]): Break {
  const without = (begin: string, program: string) =>
    all
      .filter(({ name }) => name.startsWith(begin))
      .map(({ name }): [string, string[]] => [name, [`'${program}' is not installed on phoenix`]]);
  const { by, shows } = ownPackage("nfs-common");
  return {
    ...{ sets: "packages", by, apart: ["service nfs-server"] },
    shows: [
      ...shows,
      "package nfs-kernel-server: is missing, wanted installed",
      "service nfs-server: is disabled, wanted enabled",
      "service nfs-server: is stopped, wanted running",
    ],
    also: Object.fromEntries([
      ...without("host-nfs-export-", "exportfs"),
      ...without("host-nfs-storage-", "showmount"),
    ]),
  };
}

const user: BreaksOf = (step, all) => {
  const { name, create } = settings<User>(step);
  // One whom another step makes is looked at there.
  if (!create) return [];
  const folders = all.filter((each) => /^host-samba-folder-/.test(each.name));
  return [
    {
      sets: "a Samba user",
      by: `userdel ${name}`,
      shows: [`user ${name}: is missing, wanted there`],
      also: Object.fromEntries(
        folders.map((folder) => [folder.name, [`the Linux user ${name} is not there; nothing was changed`]]),
      ),
      apart: folders.map((folder) => settings<Folder>(folder).path),
    },
  ];
};

const conf: BreaksOf = () => {
  const [file, ours] = ["/etc/samba/smb.conf", "/etc/samba/phoenix.conf"];
  return [
    ...ownFile(ours, "shares"),
    {
      sets: "shares",
      by: `sed -i '/phoenix.conf/d' ${file}`,
      shows: [`${file}: is with 0 lines 'include = ${ours}', wanted with one`],
    },
  ];
};

const folder: BreaksOf = (step) => {
  const { path, owner } = settings<Folder>(step);
  return [
    {
      sets: "owner and mode of a share's folder",
      by: `chmod 777 ${path}`,
      shows: [`${path}: is ${owner}:${owner} 777, wanted ${owner}:${owner} 770`],
      apart: [path],
    },
    {
      sets: "owner and mode of a share's folder",
      by: `chown root:root ${path}`,
      shows: [`${path}: is root:root 770, wanted ${owner}:${owner} 770`],
      apart: [path],
    },
  ];
};

export const sharingBreaks: Record<string, BreaksOf> = {
  "hypervisor/share-server": server,
  "hypervisor/samba/user": user,
  "hypervisor/samba/conf": conf,
  "hypervisor/samba/folder": folder,
};
