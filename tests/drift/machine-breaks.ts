/** What somebody changes of machines, and of what they stand on. */
import type { Settings as Configure } from "../../components/vm/configure/step";
import type { Settings as InVm } from "../../components/vm/in-vm/step";
import type { Settings as Snapshot } from "../../components/vm/snapshot/step";
import type { Settings as Snippets } from "../../components/vm/snippets/step";
import type { Settings as Content } from "../../components/vm/storage-content/step";
import type { ScriptStep } from "../../plan/step";
import { type Break, type BreaksOf, byHand, missing } from "./break";
import { locationOf } from "./storage-breaks";

interface OfMachine {
  vmid?: unknown;
  name: string;
  tag: string;
}

const settings = <T>(step: ScriptStep): T => step.settings as T;

/** The first VMID that a machine without an id is given. */
const vmidOf = (step: ScriptStep): number => {
  const { vmid } = settings<OfMachine>(step);
  return typeof vmid === "number" ? vmid : 9000;
};

/** What is looked at inside a machine needs it running, and so does what a restart takes up. */
const running = (vmid: number): string => `VM ${vmid} runs`;

const claim: BreaksOf = (step) => {
  const [vmid, { name, tag }] = [vmidOf(step), settings<OfMachine>(step)];
  const [from, to] = [vmid, 8990].map((id) => `/etc/pve/qemu-server/${id}.conf`);
  return [
    {
      sets: "that a machine has its VMID",
      by: `qm stop ${vmid}; mv ${from} ${to}`,
      shows: [
        `VM ${vmid} (${name}) is VM 8990 now: somebody moved it. No other is made in its place. Give its entry the id ` +
          `8990, or move it back; to have a new VM ${vmid} instead, take the tag ${tag} from VM 8990 (qm set 8990 --tags ...)`,
      ],
      undo: `mv ${to} ${from}; qm start ${vmid}`,
    },
  ];
};

/** Of what an entry may leave to others, that which this one says. */
function hardware(found: Configure): Break[] {
  const { values, tags, networks = [], disks = [], iso, efiDisk, tag, net0 } = found;
  const vmid = typeof found.vmid === "number" ? found.vmid : 9000;
  const set = (sets: string, line: string, shows: string): Break => ({
    sets,
    by: `qm set ${vmid} ${line}`,
    shows: [`VM ${vmid} ${shows}`],
    apart: [`VM ${vmid} ${sets}`],
  });
  const option = (key: string, sets: string, to: string | number, word = sets): Break[] =>
    values[key] === undefined
      ? []
      : [set(sets, `--${key} ${to}`, `${word}: is ${to}, wanted ${values[key]}`)];
  const first = `$(qm config ${vmid} | sed -n 's/^net0: //p' | sed 's/,mtu=[0-9]*//')`;
  return [
    ...option("cpulimit", "cpulimit", 3),
    ...option("cpuunits", "cpuunits", 55),
    ...option("balloon", "balloon_mb", 111),
    ...option("sockets", "sockets", 3),
    ...option("vga", "vga", "std"),
    ...option("usb0", "usb", "host=1-9", "usb (usb0)"),
    ...(String(values.cpu).includes("flags=")
      ? [set("cpu_flags", "--cpu host", `cpu_type, cpu_flags: is host, wanted ${values.cpu}`)]
      : []),
    ...(values.numa === 1 ? [set("numa", "--numa 0", "numa: is false, wanted true")] : []),
    ...(values.serial1 === undefined
      ? []
      : [set("serial", "--delete serial1", `serial (serial1): is not set, wanted ${values.serial1}`)]),
    ...(tags ?? []).map((name) => set("tags", `--tags ${tag}`, `tags: is without ${name}, wanted with it`)),
    ...(net0.mtu === undefined
      ? []
      : [
          set(
            "network_mtu, network_rate and the like",
            `--net0 "${first}"`,
            `network_mtu: is not set, wanted ${net0.mtu}`,
          ),
        ]),
    ...networks.map(({ interface: at }) =>
      set("networks", `--delete ${at}`, `network card ${at}: is missing, wanted by networks`),
    ),
    ...(iso === undefined
      ? []
      : [set("iso", "--ide3 none,media=cdrom", `iso: is none,media=cdrom, wanted ${iso},media=cdrom`)]),
    ...disks.flatMap(({ interface: at, storage }) =>
      at === "tpmstate0"
        ? [set("tpm", "--delete tpmstate0", `disk tpmstate0: is missing, wanted on ${storage}`)]
        : [
            set(
              "disks",
              `--${at} "$(qm config ${vmid} | sed -n 's/^${at}: //p' | sed 's/backup=0/backup=1/')"`,
              `disk ${at} backup: is 1, wanted 0`,
            ),
          ],
    ),
    ...(efiDisk === undefined
      ? []
      : [
          set(
            "efi_disk",
            "--delete efidisk0",
            `drive efidisk0: is not set, wanted ${efiDisk.storage}:1,${efiDisk.options}`,
          ),
        ]),
  ];
}

const configure: BreaksOf = (step) => {
  const vmid = vmidOf(step);
  const { values, cloudInit } = settings<Configure>(step);
  const vm = `VM ${vmid}`;
  const option = (key: string, to: string, word: string, now: string, wanted: unknown): Break => ({
    sets: word,
    by: `qm set ${vmid} --${key} ${to}`,
    shows: [`${vm} ${word}: is ${now}, wanted ${String(wanted)}`],
  });
  const restarts = (key: string, found: Break): Break => ({
    ...found,
    also: {
      [step.name.replace(/configure$/, "start")]: [
        `${vm}: is running without its wanted ${key}, wanted restarted with it`,
      ],
    },
    apart: [`${vm} is restarted`],
    needs: [running(vmid)],
  });
  const { ciuser } = cloudInit.values;
  return [
    ...hardware(settings<Configure>(step)),
    option("memory", "1111", "memory_mb", "1111", values.memory),
    option("cores", "3", "cores", "3", values.cores),
    option(
      "onboot",
      String(1 - Number(values.onboot)),
      "start_at_boot",
      String(values.onboot !== 1),
      values.onboot === 1,
    ),
    option("description", "mine", "description", "edited by hand", "as Phoenix wrote it"),
    option("boot", "order=net0", "boot_devices", "order=net0", values.boot),
    // One without an id is known by its name: another name is another machine.
    ...(typeof settings<OfMachine>(step).vmid === "number"
      ? [restarts("name", option("name", "other", "name", "other", values.name))]
      : []),
    ...(ciuser === undefined
      ? []
      : [restarts("ciuser", option("ciuser", "other", "cloud_init.user", "other", ciuser))]),
  ];
};

const start: BreaksOf = (step) => {
  const vmid = vmidOf(step);
  return [
    {
      sets: "that a machine runs",
      by: `qm stop ${vmid}`,
      shows: [`VM ${vmid}: is stopped, wanted running`],
      apart: [running(vmid)],
    },
  ];
};

const inVm: BreaksOf = (step) => {
  const [vmid, { step: name }] = [vmidOf(step), settings<InVm>(step)];
  const file = `/var/lib/phoenix/steps/${name}`;
  const found = (now: string, wanted: string) => [
    `VM ${vmid} step ${name}: is ${now} in what the guest is now, wanted ${wanted}`,
  ];
  const within = (command: string) => `qm guest exec ${vmid} -- sh -c '${command}'`;
  const also = { sets: "what was done inside a machine", apart: [`${vmid} ${name}`], needs: [running(vmid)] };
  return [
    { ...also, by: within(`rm ${file}`), shows: found("not done", "done") },
    {
      ...also,
      by: within(`sed -i s/^digest.*/digest\\ other/ ${file}`),
      shows: found("done as of an earlier run", "done as last run"),
    },
  ];
};

const snapshot: BreaksOf = (step) => {
  const [vmid, { snapshot: name }] = [vmidOf(step), settings<Snapshot>(step)];
  return [
    {
      sets: "snapshots of a machine",
      by: `qm delsnapshot ${vmid} ${name}`,
      shows: [`VM ${vmid} snapshot ${name}: is missing, wanted there`],
    },
  ];
};

const snippets: BreaksOf = (step, all) => {
  const { storage } = settings<Snippets>(step);
  const file = `${locationOf(storage, all)}/snippets/phoenix-agent.yaml`;
  const own = {
    sets: "the file that installs the guest agent",
    apart: [file],
    needs: [`storage ${storage}`],
  };
  return [
    { ...own, by: `echo more >>${file}`, shows: [byHand(file)] },
    { ...own, by: `rm ${file}`, shows: [missing(file)] },
  ];
};

const content: BreaksOf = (step) => {
  const { storage, content } = settings<Content>(step);
  const [first = "", ...others] = content;
  return [
    {
      sets: "what a storage is for, beside what it is for already",
      by: `pvesm set ${storage} --content ${["vztmpl", ...others].sort().join(",")}`,
      shows: [
        `content of storage ${storage}: is ${["vztmpl", ...others].sort().join(",")}, wanted with ${first} too`,
      ],
      apart: [`storage ${storage}`],
    },
  ];
};

export const machineBreaks: Record<string, BreaksOf> = {
  "vm/claim": claim,
  "vm/configure": configure,
  "vm/start": start,
  "vm/in-vm": inVm,
  "vm/snapshot": snapshot,
  "vm/snippets": snippets,
  "vm/storage-content": content,
};
