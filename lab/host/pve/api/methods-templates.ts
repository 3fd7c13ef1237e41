/** /nodes/{node}/aplinfo: the catalogue of container templates. */
import type { Context, Method } from "../context";
import { ParameterError, PveError } from "../errors";
import { downloadUrl, urlMetadata } from "../storage/download";
import { storageId, boolean, string, type Values } from "../schema/types";
import { contentFolder } from "../storage/dir";
import { pluginOf, usableStorage } from "../storage/storages";
import { buildTemplate } from "../templates/build";
import { CATALOGUE } from "../templates/catalogue";
import { node } from "./methods-lxc";

const O = { optional: true } as const;

async function download(context: Context, values: Values): Promise<string> {
  const { host } = context;
  const template = CATALOGUE.find((entry) => entry.file === values["template"]);
  if (!template) throw new ParameterError({ template: "no such template" });
  const storage = usableStorage(host, String(values["storage"]));
  if (!storage.content.includes("vztmpl"))
    throw new PveError(
      `unknown template storage type '${storage.type}': storage '${storage.id}' does not support templates`,
    );
  const plugin = pluginOf(storage.type);
  plugin.activate(host, storage);
  const target = `${contentFolder(storage, "vztmpl")}/${template.file}`;
  return context.fork("download", "", async (log) => {
    log(`downloading http://download.proxmox.com/images/system/${template.file} to ${target}`);
    if (plugin.exists(host, storage, `vztmpl/${template.file}`)) {
      log("OK, got correct file already, no need to download");
      return;
    }
    await host.latency("pveam download");
    await buildTemplate(host, template, target);
    log(`download of '${template.file}' to '${target}' finished`);
  });
}

export function templateMethods(): Method[] {
  const path = "/nodes/{node}/aplinfo";
  return [
    {
      method: "GET",
      path,
      parameters: { node },
      run: async () =>
        CATALOGUE.map(({ file, section, headline, os, version }) => ({
          template: file,
          section,
          headline,
          os: `${os}-${version}`,
          package: file.split("_")[0],
          type: "lxc",
          version: file.split("_")[1],
        })),
    },
    {
      method: "POST",
      path,
      parameters: { node, storage: storageId, template: string({ maxLength: 255 }) },
      permission: (check, values) =>
        check.require(`/storage/${values["storage"]}`, ["Datastore.AllocateTemplate"]),
      run: download,
    },
    {
      method: "GET",
      path: "/nodes/{node}/query-url-metadata",
      parameters: { node, url: string({ pattern: /^https?:\/\// }), "verify-certificates": boolean(O) },
      permission: (check) => check.require("/", ["Sys.Audit", "Sys.Modify"]),
      run: async ({ host }, values) => urlMetadata(host, String(values["url"])),
    },
    {
      method: "POST",
      path: "/nodes/{node}/storage/{storage}/download-url",
      parameters: {
        node,
        storage: storageId,
        content: string({ enum: ["iso", "vztmpl", "import"] }),
        filename: string({ maxLength: 255 }),
        url: string({ pattern: /^https?:\/\// }),
        checksum: string(O),
        "checksum-algorithm": string({ ...O, enum: ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"] }),
        compression: string({ ...O, enum: ["gz", "lzo", "zst", "bz2"] }),
        "verify-certificates": boolean(O),
      },
      permission: (check, values) => {
        check.require(`/storage/${values["storage"]}`, ["Datastore.AllocateTemplate"]);
        check.require("/", ["Sys.Audit", "Sys.Modify"]);
      },
      run: downloadUrl,
    },
  ];
}
