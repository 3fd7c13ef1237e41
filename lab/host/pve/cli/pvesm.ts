/** `pvesm`: storages from the node's command line. */
import { listStatus, listVolumes } from "../api/methods-storage";
import { vmid } from "../api/methods-lxc";
import { PveError } from "../errors";
import { storageId, boolean, string } from "../schema/types";
import { allocVolume, completeVolumeId, removeVolume } from "../storage/manage";
import { storageOf } from "../storage/storages";
import { locate } from "../storage/volumes";
import { fromMethod, type CommandContext, type Tree } from "./command";
import type { Find } from "./pct";

const O = { optional: true } as const;
const KIB = 1024;

function table({ print }: CommandContext, rows: string[][]): void {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
  for (const row of rows)
    print(
      row
        .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
        .join(" "),
    );
}

export function pvesm(find: Find): Tree {
  return {
    add: fromMethod(find("POST", "/storage"), ["type", "storage"]),
    set: fromMethod(find("PUT", "/storage/{storage}"), ["storage"]),
    remove: fromMethod(find("DELETE", "/storage/{storage}"), ["storage"]),
    extractconfig: {
      ...fromMethod(find("GET", "/nodes/{node}/vzdump/extractconfig"), ["volume"], ({ print }, text) =>
        print(String(text).trimEnd()),
      ),
    },
    status: {
      parameters: {
        storage: { ...storageId, optional: true },
        content: string({ ...O, format: "pve-storage-content-list" }),
        enabled: boolean(O),
      },
      positions: [],
      async run(context, values) {
        const { host } = context;
        const unit = host.release === 9 ? " (KiB)" : "";
        const head = ["Name", "Type", "Status", `Total${unit}`, `Used${unit}`, `Available${unit}`, "%"];
        const rows = listStatus(host, values).map((status) => {
          const state = status.enabled === 0 ? "disabled" : status.active ? "active" : "inactive";
          const size = (bytes: number) => String(Math.floor(bytes / KIB));
          const share = status.enabled === 0 ? "N/A" : `${((status.used_fraction ?? 0) * 100).toFixed(2)}%`;
          const { storage, type } = status;
          return [storage, type, state, size(status.total), size(status.used), size(status.avail), share];
        });
        if (rows.length > 0) table(context, [head, ...rows]);
      },
    },
    list: {
      parameters: {
        storage: storageId,
        vmid: { ...vmid, optional: true },
        content: string({ ...O, format: "pve-storage-content-list" }),
      },
      positions: ["storage"],
      async run(context, values) {
        const rows = listVolumes(context, values).map((volume) => [
          volume.volid,
          volume.format,
          volume.content,
          String(volume.size),
          String(volume.vmid ?? ""),
        ]);
        table(context, [["Volid", "Format", "Type", "Size", "VMID"], ...rows]);
      },
    },
    alloc: {
      parameters: {
        storage: storageId,
        vmid,
        filename: string(),
        size: string({ pattern: /^\d+(\.\d+)?[KMGT]?$/ }),
        format: string({ ...O, enum: ["raw", "qcow2", "subvol", "vmdk"] }),
      },
      positions: ["storage", "vmid", "filename", "size"],
      run: async ({ host, print }, values) => print(`successfully created '${allocVolume(host, values)}'`),
    },
    free: {
      parameters: { volume: string(), storage: { ...storageId, optional: true } },
      positions: ["volume"],
      async run(context, values) {
        const storage = values["storage"] === undefined ? undefined : String(values["storage"]);
        const volid = completeVolumeId(String(values["volume"]), storage);
        storageOf(context.host, volid.split(":")[0] ?? "");
        await context.fork("imgdel", volid.split(":")[0] ?? "", (log) => {
          const warning = removeVolume(context.host, volid);
          if (warning !== undefined) log(warning);
          log(`Removed volume '${volid}'`);
        });
      },
    },
    path: {
      parameters: { volume: string() },
      positions: ["volume"],
      async run({ host, print }, values) {
        const { plugin, storage, name } = locate(host, completeVolumeId(String(values["volume"]), undefined));
        print(plugin.path(host, storage, name));
      },
    },
    scan: {
      nfs: {
        parameters: { server: string() },
        positions: ["server"],
        async run() {
          throw new PveError("the lab does not simulate 'pvesm scan nfs'");
        },
      },
    },
  };
}
