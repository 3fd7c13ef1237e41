/** `pveam`: container templates from the node's command line. */
import { listVolumes } from "../api/methods-storage";
import { PveError } from "../errors";
import { storageId, string } from "../schema/types";
import { storageOf } from "../storage/storages";
import { locate } from "../storage/volumes";
import { CATALOGUE } from "../templates/catalogue";
import { fromMethod, type Tree } from "./command";
import type { Find } from "./pct";

const MIB = 1024 ** 2;

export function pveam(find: Find): Tree {
  return {
    update: {
      parameters: {},
      positions: [],
      ignoresWorker: true,
      async run({ host, print }) {
        await host.latency("pveam update");
        print("update successful");
      },
    },
    available: {
      parameters: { section: string({ optional: true, enum: ["system", "mail", "turnkeylinux"] }) },
      positions: [],
      async run({ host, print }, values) {
        for (const { file, section, headline } of CATALOGUE) {
          if (values["section"] !== undefined && values["section"] !== section) continue;
          print(`${section.padEnd(15)} ${host.release === 9 ? `${file.padEnd(50)} ${headline}` : file}`);
        }
      },
    },
    list: {
      parameters: { storage: storageId },
      positions: ["storage"],
      async run(context, values) {
        const storage = storageOf(context.host, String(values["storage"]));
        if (!storage.content.includes("vztmpl")) throw new PveError("Storage does not support templates!");
        const volumes = listVolumes(context, { storage: storage.id, content: "vztmpl" });
        context.print(`${"NAME".padEnd(60)} ${"SIZE".padEnd(6)}`);
        for (const { volid, size } of volumes)
          context.print(`${volid.padEnd(60)} ${`${(size / MIB).toFixed(2)}MB`.padEnd(6)}`);
      },
    },
    download: fromMethod(find("POST", "/nodes/{node}/aplinfo"), ["storage", "template"], undefined, {
      ignoresWorker: true,
    }),
    remove: {
      parameters: { template_path: string({ maxLength: 255 }) },
      positions: ["template_path"],
      async run({ host }, values) {
        const volid = String(values["template_path"]);
        const { plugin, storage, name } = locate(host, volid);
        plugin.parse(name);
        if (!plugin.exists(host, storage, name)) throw new PveError(`volume '${volid}' does not exist`);
        plugin.free(host, storage, name);
      },
    },
  };
}
