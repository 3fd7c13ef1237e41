/** What somebody changes of a host's storages and driver. */
import type { Settings as Container } from "../../components/container/configure/step";
import type { Settings as Template } from "../../components/container/template/step";
import type { Settings as Driver } from "../../components/hypervisor/nvidia-driver/install/step";
import type { Settings as Arc } from "../../components/hypervisor/zfs/arc/step";
import type { Settings as Dataset } from "../../components/hypervisor/zfs/dataset/step";
import type { Settings as Pool } from "../../components/hypervisor/zfs/pool/step";
import type { Settings as Storage } from "../../components/hypervisor/zfs/storage/step";
import type { ScriptStep } from "../../plan/step";
import { type Break, type BreaksOf, ownFile, ownPackage, ownService } from "./break";

const settings = <T>(step: ScriptStep): T => step.settings as T;

/** A value that no file of ours has, and how ZFS shows it to scripts. */
const otherValue: Record<string, [set: string, shown: string]> = {
  atime: ["on", "on"],
  compression: ["gzip-9", "gzip-9"],
  quota: ["300G", "322122547200"],
  recordsize: ["32K", "32768"],
  sync: ["disabled", "disabled"],
};

function ownProperties(kind: string, name: string, properties: Record<string, string>): Break[] {
  return Object.entries(properties).map(([property, wanted]) => {
    const [set, shown] = otherValue[property] ?? ["", ""];
    return {
      sets: `properties of a ${kind}`,
      by: `zfs set ${property}=${set} ${name}`,
      shows: [`${kind} ${name} ${property}: is ${shown}, wanted ${wanted}`],
    };
  });
}

const pool: BreaksOf = (step) => {
  const { name, properties, autotrim } = settings<Pool>(step);
  return [
    {
      sets: "autotrim of a pool",
      by: `zpool set autotrim=off ${name}`,
      shows: [`pool ${name} autotrim: is off, wanted ${autotrim}`],
    },
    ...ownProperties("pool", name, properties),
  ];
};

const dataset: BreaksOf = (step) => {
  const { name, properties } = settings<Dataset>(step);
  return ownProperties("dataset", name, properties);
};

/** The folder of a storage; one that Proxmox VE ships is in its own place. */
export const locationOf = (id: string, all: readonly ScriptStep[]): string =>
  all.map((step) => settings<Partial<Storage>>(step)).find((each) => each.id === id)?.location ??
  "/var/lib/vz";

/** Templates on a storage: what a look finds of each, by the template's file. */
const templatesOn = (
  id: string,
  all: readonly ScriptStep[],
  found: (file: string) => string,
): Record<string, string[]> =>
  Object.fromEntries(
    all
      .filter((step) => /^guests-template-/.test(step.name) && settings<Template>(step).storage === id)
      .map((step) => [step.name, [found(settings<Template>(step).file)]]),
  );

const notThere = (id: string) => (file: string) => `template ${id}:vztmpl/${file}: is missing, wanted there`;

const noAnswer = (id: string) => (file: string) =>
  `storage ${id}, which is to hold template ${file}, does not answer; Proxmox VE's message is above`;

/** The file that installs the guest agent; a storage has a path for it whatever its content is. */
const snippetsOn = (id: string, all: readonly ScriptStep[]): Record<string, string[]> =>
  Object.fromEntries(
    all
      .filter((step) => step.name === `vms-snippets-${id}`)
      .map(({ name }) => [
        name,
        [`storage ${id} has no place for snippets; name a dir storage in snippets_storage`],
      ]),
  );

const storage: BreaksOf = (step, all) => {
  const { id, type, location = "", content } = settings<Storage>(step);
  const other = type === "dir" ? "rootdir" : "images";
  const set = content.join() === other ? `images,${other === "images" ? "rootdir" : "iso"}` : other;
  const now = set.split(",").sort().join(",");
  return [
    {
      sets: "what a storage is for",
      by: `pvesm set ${id} --content ${set}`,
      shows: [`storage ${id} content: is ${now}, wanted ${[...content].sort().join(",")}`],
      also: templatesOn(id, all, notThere(id)),
      apart: [`storage ${id}`],
    },
    {
      sets: "a storage",
      by: `pvesm remove ${id}`,
      shows: [`storage ${id}: is missing, wanted ${type} on ${location}`],
      also: { ...templatesOn(id, all, noAnswer(id)), ...snippetsOn(id, all) },
      apart: [`storage ${id}`],
    },
  ];
};

const arc: BreaksOf = (step) => {
  const bytes = settings<Arc>(step).arcMaxGb * 1024 ** 3;
  const file = "/etc/modprobe.d/zz-phoenix-zfs.conf";
  return [
    {
      sets: "the limit of ZFS's cache",
      by: "echo 5 >/sys/module/zfs/parameters/zfs_arc_max",
      shows: [`zfs_arc_max: is 5, wanted ${bytes}`],
    },
    {
      sets: "the limit of ZFS's cache",
      by: `rm ${file}`,
      shows: [`${file} zfs_arc_max: is missing, wanted ${bytes}`],
    },
  ];
};

/** What containers with GPUs cannot be looked at without. */
const withoutDriver = (all: readonly ScriptStep[]): Record<string, string[]> =>
  Object.fromEntries(
    all
      .map((step) => ({ name: step.name, ...settings<Partial<Container>>(step) }))
      .filter(({ name, gpus }) => name.endsWith("-configure") && gpus !== undefined)
      .map(({ name, ctid, gpus = [] }) => [
        name,
        [
          `CT ${ctid} is assigned GPU ${gpus.join(" ")}, but phoenix has no NVIDIA driver: set nvidia_driver.install, or ` +
            "gpu_assignment to none",
        ],
      ]),
  );

const install: BreaksOf = (step, all) => {
  const { version } = settings<Driver>(step);
  const area = step.name.replace(/-install$/, "");
  const unit = "phoenix-nvidia.service";
  const beside = (found: string[]) => ({ [`${area}-active`]: found });
  const smi = [`NVIDIA driver: is ${version} without a working nvidia-smi, wanted ${version}`];
  const others = all.filter(({ name }) => name !== step.name && name.startsWith(`${area}-`));
  return [
    ...ownFile("/etc/modprobe.d/phoenix-nouveau.conf", "that nouveau is not loaded"),
    ...ownFile(`/etc/systemd/system/${unit}`, "the driver's service").map((each) => {
      if (!each.by.startsWith("rm ")) return each;
      const disabled = [`service ${unit}: is disabled, wanted enabled`];
      return { ...each, shows: [...each.shows, ...disabled], also: beside(disabled) };
    }),
    ...ownService(unit).map((each) => ({ ...each, also: beside(each.shows) })),
    {
      sets: "the driver for each kernel",
      by: "rm -r /var/lib/dkms/nvidia",
      shows: ["6.14.11-4-pve", "6.17.2-1-pve"].map(
        (kernel) => `DKMS nvidia/${version} for kernel ${kernel}: is missing, wanted installed`,
      ),
    },
    ownPackage("nvtop"),
    {
      sets: "the driver",
      by: 'mv "$(command -v nvidia-smi)" /root/',
      shows: smi,
      also: { ...Object.fromEntries(others.map(({ name }) => [name, smi])), ...withoutDriver(all) },
      apart: ["GPU"],
    },
  ];
};

export const storageBreaks: Record<string, BreaksOf> = {
  "hypervisor/zfs/pool": pool,
  "hypervisor/zfs/dataset": dataset,
  "hypervisor/zfs/storage": storage,
  "hypervisor/zfs/arc": arc,
  "hypervisor/nvidia-driver/install": install,
};
