/**
 * JSON Schemas for editors, made from the zod schemas: `npm run schemas` writes config/schemas and the
 * lists of keys in docs/configuration.md.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { hypervisorSchema } from "./hypervisor-schema";
import { keyList } from "./key-list";
import { lxcSchema } from "./lxc-schema";

/** Text of each schema file (draft-07, what a user writes: keys with a default are optional) by its name. */
export function schemaFiles(): Record<string, string> {
  const schemas = {
    "phoenix_hypervisor_config.schema.json": hypervisorSchema,
    "phoenix_lxc_configs.schema.json": lxcSchema,
  };
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => {
      const json = z.toJSONSchema(schema, { target: "draft-7", io: "input" });
      return [name, `${JSON.stringify(json, null, 2)}\n`];
    }),
  );
}

/** Folder of the schema files. */
export const schemaFolder = join(__dirname, "schemas");

/** The page that describes the configuration. */
export const page = join(__dirname, "..", "docs", "configuration.md");

/** The page's text with the list of keys of each file between its two marks; throws when a mark is missing. */
export function withKeyLists(text: string): string {
  return Object.entries(schemaFiles()).reduce((result, [name, schema]) => {
    const [begin, end] = [`<!-- keys of ${name}: made by npm run schemas -->\n`, "<!-- end of keys -->"];
    const [before, rest] = result.split(begin);
    const after = rest?.slice(rest.indexOf(end));
    if (before === undefined || !after?.startsWith(end)) throw new Error(`No place for the keys of ${name}.`);
    return `${before}${begin}\n\`\`\`text\n${keyList(JSON.parse(schema))}\`\`\`\n\n${after}`;
  }, text);
}

if (require.main === module) {
  mkdirSync(schemaFolder, { recursive: true });
  for (const [name, text] of Object.entries(schemaFiles())) writeFileSync(join(schemaFolder, name), text);
  writeFileSync(page, withKeyLists(readFileSync(page, "utf8")));
}
