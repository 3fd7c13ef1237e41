/** What somebody changes of containers, and of what they stand on. */
import type { Settings as Claim } from "../../components/container/claim/step";
import type { Settings as Firewall } from "../../components/container/firewall/step";
import type { Settings as Hook } from "../../components/container/hook/step";
import type { Settings as InGuest } from "../../components/container/in-guest/step";
import type { Settings as Mounts } from "../../components/container/mounts/step";
import type { Settings as NvidiaDriver } from "../../components/container/nvidia-driver/step";
import type { OfContainer } from "../../components/container/of-container";
import type { Settings as Folder } from "../../components/container/shared-folder/step";
import type { Settings as Snapshot } from "../../components/container/snapshot/step";
import type { Settings as Template } from "../../components/container/template/step";
import type { Settings as Storage } from "../../components/hypervisor/zfs/storage/step";
import type { ScriptStep } from "../../plan/step";
import { type Break, type BreaksOf, ownFile } from "./break";
import { configure, restarted, running } from "./configure-breaks";
import { mountOptionBreaks, poolBreaks, rootAccessBreaks } from "./container-key-breaks";

const settings = <T>(step: ScriptStep): T => step.settings as T;
const ctidOf = (step: ScriptStep): number => settings<OfContainer>(step).ctid;

const claim: BreaksOf = (step) => {
  const { ctid, hostname, tag } = settings<Claim>(step);
  const [from, to] = [ctid, 890].map((id) => `/etc/pve/lxc/${id}.conf`);
  return [
    {
      sets: "that the container has its CTID",
      by: `pct stop ${ctid}; mv ${from} ${to}`,
      shows: [
        `CT ${ctid} (${hostname}) is CT 890 now: somebody moved it. No other is made in its place. Give its entry the id 890, ` +
          `or move it back; to have a new CT ${ctid} instead, take the tag ${tag} from CT 890 (pct set 890 --tags ...)`,
      ],
      undo: `mv ${to} ${from}; pct start ${ctid}`,
      apart: ["CTID", running(ctid)],
    },
  ];
};

const mounts: BreaksOf = (step) => {
  const { ctid, mounts } = settings<Mounts>(step);
  const gone = mounts.map((mount) => ({
    sets: "source" in mount ? "shared folders in a container" : "volumes in a container",
    by: `pct set ${ctid} --delete $(sed -n 's|^\\(mp[0-9]*\\): .*,mp=${mount.target}\\(,.*\\)*$|\\1|p' /etc/pve/lxc/${ctid}.conf | head -n 1)`,
    shows: [
      "source" in mount
        ? `CT ${ctid} mount at ${mount.target}: is missing, wanted of ${mount.source}`
        : `CT ${ctid} volume ${mount.name}: is not mounted at ${mount.target}, wanted there`,
    ],
    needs: [`CT ${ctid} mounts`],
    apart: [`CT ${ctid} mount ${mount.target}`],
  }));
  return [...gone, ...mountOptionBreaks(step, [])];
};

const start: BreaksOf = (step) => {
  const ctid = ctidOf(step);
  return [
    {
      sets: "that a container runs",
      by: `pct stop ${ctid}`,
      shows: [`CT ${ctid}: is stopped, wanted running`],
      apart: [running(ctid)],
    },
  ];
};

const firewall: BreaksOf = (step) =>
  ownFile(`/etc/pve/firewall/${settings<Firewall>(step).ctid}.fw`, "firewall of a container");

/** What a step did inside a container: it left a mark there. */
function mark(ctid: number, step: string): Break[] {
  const file = `/var/lib/phoenix/steps/${step}`;
  const inside = (command: string) => `pct exec ${ctid} -- sh -c '${command}'`;
  const found = (now: string, wanted: string) => [
    `CT ${ctid} step ${step}: is ${now} in what the guest is now, wanted ${wanted}`,
  ];
  const [apart, needs] = [[`${ctid} ${step}`], [running(ctid)]];
  return [
    {
      sets: "what was done inside a container",
      by: inside(`rm ${file}`),
      shows: found("not done", "done"),
      apart,
      needs,
    },
    {
      sets: "what was done inside a container",
      by: inside(`sed -i s/^digest.*/digest\\ other/ ${file}`),
      shows: found("done as of an earlier run", "done as last run"),
      apart,
      needs,
    },
  ];
}

/** What a feature of the project installs. */
const installed: Record<string, [package_: string, service?: string]> = {
  "feature-base_setup": ["s-tui"],
  "feature-docker": ["docker-compose-plugin", "docker"],
  "feature-nvidia": ["nvtop"],
};

const inGuest: BreaksOf = (step) => {
  const { ctid, step: name } = settings<InGuest>(step);
  const [package_, service] = installed[name] ?? [];
  const [apart, needs] = [[`${ctid} ${name}`], [running(ctid)]];
  const gone: Break[] = package_
    ? [
        {
          sets: "packages inside a container",
          by: `pct exec ${ctid} -- apt-get -q -y remove ${package_}`,
          shows: [`CT ${ctid} package ${package_}: is not installed, wanted installed by its step ${name}`],
          ...{ apart, needs },
        },
      ]
    : [];
  const stopped: Break[] = service
    ? [
        {
          sets: "services inside a container",
          by: `pct exec ${ctid} -- systemctl stop ${service}`,
          shows: [`CT ${ctid} service ${service}: is not running, wanted running by its step ${name}`],
          ...{ apart, needs },
        },
      ]
    : [];
  return [...mark(ctid, name), ...gone, ...stopped];
};

const snapshot: BreaksOf = (step, all) => {
  const { ctid, name } = settings<Snapshot>(step);
  const storages = all.filter((each) => /^host-zfs-storage-/.test(each.name));
  return [
    {
      sets: "the snapshot that clones are made from",
      by: `pct delsnapshot ${ctid} ${name}`,
      shows: [`CT ${ctid} snapshot ${name}: is missing, wanted there`],
      // Proxmox VE removes none from a storage that is gone.
      needs: storages.map((each) => `storage ${settings<Storage>(each).id}`),
    },
  ];
};

/** What containers that a shared folder is mounted in tell when it is gone: they hold the one that went. */
function withoutFolder(path: string, all: readonly ScriptStep[]): Pick<Break, "also" | "apart" | "needs"> {
  const places = all
    .filter(({ name }) => /^ct-\d+-mounts$/.test(name))
    .flatMap((step) => settings<Mounts>(step).mounts.map((mount) => ({ ...mount, ctid: ctidOf(step) })))
    .filter((mount) => "source" in mount && mount.source === path);
  return {
    also: Object.fromEntries(
      places.flatMap(({ ctid, target }) => [
        [
          `ct-${ctid}-mounts`,
          [`CT ${ctid}: ${path}, which is to be mounted at ${target}, is not a folder of phoenix`],
        ],
        [
          `ct-${ctid}-start`,
          [`CT ${ctid}: is running without its wanted the mount at ${target}, wanted restarted with it`],
        ],
      ]),
    ),
    apart: places.flatMap(({ ctid }) => [`CT ${ctid} mounts`, restarted(ctid)]),
    needs: places.map(({ ctid }) => running(ctid)),
  };
}

const folder: BreaksOf = (step, all) => {
  const { path, owner, mode, holdOwner, holdMode } = settings<Folder>(step);
  const of = (what: "owner" | "mode", by: string, now: string, wanted: string): Break => ({
    sets: "owner and mode of a shared folder",
    by: `${by} ${path}`,
    shows: [`shared folder ${path} ${what}: is ${now}, wanted ${wanted}`],
    apart: [path],
  });
  const gone = withoutFolder(path, all);
  return [
    {
      sets: "a shared folder",
      by: `rm -rf ${path}.away && mv ${path} ${path}.away`,
      shows: [`shared folder ${path}: is missing, wanted there with owner ${owner} and mode ${mode}`],
      ...gone,
      apart: [path, ...(gone.apart ?? [])],
    },
    ...(holdOwner ? [of("owner", "chown 33:33", "33:33", `${owner}:${owner}`)] : []),
    ...(holdMode ? [of("mode", "chmod 700", "700", mode)] : []),
  ];
};

const template: BreaksOf = (step) => {
  const { storage, file } = settings<Template>(step);
  return [
    {
      sets: "a container's template",
      by: `rm "$(pvesm path ${storage}:vztmpl/${file})"`,
      shows: [`template ${storage}:vztmpl/${file}: is missing, wanted there`],
      apart: [`storage ${storage}`],
    },
  ];
};

export const containerBreaks: Record<string, BreaksOf> = {
  "container/claim": claim,
  "container/configure": configure,
  "container/mounts": mounts,
  "container/pool": poolBreaks,
  "container/root-access": rootAccessBreaks,
  "container/firewall": firewall,
  "container/start": start,
  "container/nvidia-driver": (step) => mark(settings<NvidiaDriver>(step).ctid, "nvidia-driver"),
  "container/in-guest": inGuest,
  "container/hook": (step) => mark(settings<Hook>(step).ctid, "hook"),
  "container/snapshot": snapshot,
  "container/shared-folder": folder,
  "container/template": template,
};
