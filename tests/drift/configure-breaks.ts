/** What somebody changes of a container's configuration. */
import type { Settings as Configure } from "../../components/container/configure/step";
import type { ScriptStep } from "../../plan/step";
import type { Break, BreaksOf } from "./break";
import { optionBreaks } from "./container-key-breaks";

const settings = <T>(step: ScriptStep): T => step.settings as T;

/** Steps that tell of a restart tell of all reasons in one text. */
export const restarted = (ctid: number): string => `CT ${ctid} is restarted`;

/** What is looked at inside a container needs it running, and so does what a restart takes up. */
export const running = (ctid: number): string => `CT ${ctid} runs`;

export const configure: BreaksOf = (step) => {
  const { ctid, values, gpus, rawLines } = settings<Configure>(step);
  const ct = `CT ${ctid}`;
  const option = (
    option: string,
    to: string,
    word: string,
    now: string,
    wanted: string | number | undefined,
  ): Break => ({
    sets: word,
    by: `pct set ${ctid} --${option} ${to}`,
    shows: [`${ct} ${word}: is ${now}, wanted ${wanted ?? "not set"}`],
    apart: [`${ct} ${option}`],
  });
  const flag = (value: number) => (value === 1 ? "true" : "false");
  return [
    option("memory", "1111", "memory_mb", "1111", values.memory),
    option("swap", "111", "swap_mb", "111", values.swap),
    option("cores", "3", "cores", "3", values.cores),
    option(
      "onboot",
      String(1 - values.onboot),
      "start_at_boot",
      flag(1 - values.onboot),
      flag(values.onboot),
    ),
    option("startup", "order=77", "boot_order, boot_delay", "order=77", values.startup),
    option("description", "mine", "description", "edited by hand", "as Phoenix wrote it"),
    {
      ...option("features", "fuse=1", "pct_options", "fuse=1", values.features),
      // Together with a driver that is gone, the step start tells of it too: tests/scripts/container-looks.
      ...(gpus && { needs: ["GPU"] }),
    },
    {
      ...option("hostname", "other", "name", "other", values.hostname),
      also: {
        [step.name.replace(/configure$/, "start")]: [
          `${ct}: is running without its wanted name, wanted restarted with it`,
        ],
      },
      apart: [restarted(ctid)],
      needs: [running(ctid)],
    },
    firstCard(step),
    ...optionBreaks(step, []),
    ...(gpus ? [device(ctid)] : []),
    ...rawLines.slice(0, 1).map((line) => ({
      sets: "lxc_options",
      by: `sed -i '1,/^\\[/ { \\|^${line}$|d }' /etc/pve/lxc/${ctid}.conf`,
      shows: [`${ct} lxc_options: is without '${line}', wanted with it`],
      needs: [running(ctid)],
    })),
  ];
};

/** Words for keys of a card; others stand in network_config as Proxmox VE has them. */
const CARD_WORDS: Partial<Record<string, string>> = {
  hwaddr: "mac_address",
  firewall: "firewall of the network card",
  tag: "network_config.vlan",
};

function firstCard(step: ScriptStep): Break {
  const { ctid, net0 } = settings<Configure>(step);
  const now: Record<string, string> = {
    ...{ name: net0.name, bridge: net0.bridge, type: "veth" },
    ...{ ip: "10.0.0.9/24", hwaddr: "52:54:00:00:00:01" },
  };
  const options = Object.entries(now).map(([key, value]) => `${key}=${value}`);
  const differing = (Object.entries(net0) as [string, string | number | undefined][])
    .filter(([key, wanted]) => wanted !== undefined && String(wanted) !== now[key])
    .map(([key, wanted]) => ({ key, wanted, word: CARD_WORDS[key] ?? `network_config.${key}` }));
  return {
    sets: differing.map(({ word }) => word).join(", "),
    by: `pct set ${ctid} --net0 ${options.join(",")}`,
    shows: differing.map(
      ({ key, word, wanted }) => `CT ${ctid} ${word}: is ${now[key] ?? "not set"}, wanted ${wanted}`,
    ),
    ...(net0.mtu !== undefined && {
      also: {
        [step.name.replace(/configure$/, "start")]: [
          `CT ${ctid}: is running without its wanted mtu of ${net0.name}, wanted restarted with it`,
        ],
      },
      apart: [restarted(ctid)],
      needs: [running(ctid)],
    }),
  };
}

const device = (ctid: number): Break => ({
  sets: "gpu_assignment",
  by: `pct set ${ctid} --delete $(sed -n 's/^\\(dev[0-9]*\\): .*nvidia-uvm,.*/\\1/p' /etc/pve/lxc/${ctid}.conf | head -n 1)`,
  shows: [`CT ${ctid} device /dev/nvidia-uvm: is missing, wanted by gpu_assignment`],
  needs: ["GPU"],
});
