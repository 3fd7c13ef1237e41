/** What a node is and has, from components/host/scripts/survey.sh, which changes nothing. */
import { join } from "node:path";
import { scriptText } from "../components/host/script";
import { UserError } from "./errors";
import { root } from "./paths";
import type { Ssh } from "./ssh";

/** A guest's configuration on the node. */
export interface SurveyedGuest {
  kind: "lxc" | "qemu";
  id: number;
  running: boolean;
  /** The pool of Proxmox VE that it is a member of; absent for none. */
  pool?: string;
  /** Its file below /etc/pve, line by line. */
  conf: string[];
}

export interface Survey {
  /** Such as 9.2.11. */
  release: string;
  hostname: string;
  timezone: string;
  /** `address` with its prefix length; absent for a bridge without one. */
  bridges: { name: string; address?: string }[];
  gateway?: { address: string; bridge: string };
  nameservers: string[];
  /** By-id paths where there are any. */
  disks: { path: string; bytes: number; model: string; state: "blank" | "used" | "unknown" }[];
  gpus: { address: string; name: string }[];
  storages: { id: string; type: string; active: boolean; content: string[] }[];
  pools: string[];
  /** Volume ids of the template archives that are there. */
  templates: string[];
  /** By id. */
  guests: SurveyedGuest[];
}

const script = () => scriptText(join(root, "components", "host", "scripts", "survey.sh"));

/** @throws UserError when the node is not reached, or is no Proxmox VE node */
export async function surveyNode(ssh: Ssh, address: string): Promise<Survey> {
  const { code, stdout, stderr } = await ssh.script(script(), "");
  if (code === 0) return parseSurvey(stdout);
  const said = stderr.trim().split("\n").slice(-3).join("\n");
  throw new UserError(
    code === 255
      ? `SSH to ${address} does not work; nothing was written. It said:\n${said}`
      : `${address} was reached, but could not be looked at; is it a Proxmox VE node, and the SSH user root? It said:\n${said}`,
  );
}

export function parseSurvey(text: string): Survey {
  const rows = text
    .split("\n")
    .filter(Boolean)
    .map((line) => line.split("\t"));
  const all = (key: string) => rows.filter(([first]) => first === key).map(([, ...fields]) => fields);
  const one = (key: string) => all(key)[0]?.[0] ?? "";
  const [gateway] = all("gateway");
  const pools = new Map(all("member").map(([pool = "", id = ""]) => [id, pool]));
  const conf = new Map<string, string[]>();
  for (const [kind, id, ...line] of all("conf")) {
    const key = `${kind} ${id}`;
    conf.set(key, [...(conf.get(key) ?? []), line.join("\t")]);
  }
  return {
    release: /pve-manager\/([0-9.]+)/.exec(one("release"))?.[1] ?? "",
    hostname: one("hostname"),
    timezone: one("timezone"),
    bridges: all("bridge").map(([name = "", address]) => ({ name, ...(address && { address }) })),
    ...(gateway && { gateway: { address: gateway[0] ?? "", bridge: gateway[1] ?? "" } }),
    nameservers: all("nameserver").map(([address = ""]) => address),
    disks: all("disk").map(([path = "", bytes, model = "", state]) => ({
      ...{ path, bytes: Number(bytes), model },
      state: state === "blank" || state === "used" ? state : "unknown",
    })),
    gpus: all("gpu").map(([address = "", name = ""]) => ({ address, name })),
    storages: all("storage").map(([id = "", type = "", status, content = ""]) => ({
      ...{ id, type, active: status === "active" },
      content: content.split(",").filter(Boolean),
    })),
    pools: all("pool").map(([name = ""]) => name),
    templates: all("template").map(([volid = ""]) => volid),
    guests: all("guest")
      .map(([kind = "", id = "", status]): SurveyedGuest => {
        const lines = conf.get(`${kind} ${id}`) ?? [];
        const pool = pools.get(id);
        return {
          kind: kind === "lxc" ? "lxc" : "qemu",
          id: Number(id),
          running: status === "running",
          ...(pool !== undefined && { pool }),
          conf: lines,
        };
      })
      .sort((one, other) => one.id - other.id),
  };
}

const size = (bytes: number) =>
  bytes < 1e12 ? `${(bytes / 1e9).toFixed(0)} GB` : `${(bytes / 1e12).toFixed(1)} TB`;

const states: Record<Survey["disks"][number]["state"], string> = {
  blank: "blank",
  used: "in use",
  unknown: "unreadable",
};

/** A few lines for people. */
export function surveyText(survey: Survey): string {
  const { release, hostname, bridges, disks, gpus, storages, pools, guests } = survey;
  const line = (title: string, items: string[]) => {
    if (items.length === 0) return "";
    return items.some((item) => item.length > 40)
      ? `  ${title}:\n${items.map((item) => `    ${item}\n`).join("")}`
      : `  ${title}: ${items.join(", ")}\n`;
  };
  return (
    `Node ${hostname}, Proxmox VE ${release}\n` +
    line(
      "bridges",
      bridges.map(({ name, address }) => (address ? `${name} ${address}` : name)),
    ) +
    line(
      "disks",
      disks.map(({ path, bytes, state }) => `${path} ${size(bytes)} ${states[state]}`),
    ) +
    line(
      "GPUs",
      gpus.map(({ address, name }) => `${address} ${name}`),
    ) +
    line("pools", pools) +
    line(
      "storages",
      storages.map(({ id, type }) => `${id} (${type})`),
    ) +
    line(
      "guests",
      guests.map(({ kind, id }) => `${kind === "lxc" ? "CT" : "VM"} ${id}`),
    )
  );
}
