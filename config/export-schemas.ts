/** JSON Schemas for editors, made from the zod schemas: `npm run schemas` writes config/schemas. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { hypervisorSchema } from "./hypervisor-schema";
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

if (require.main === module) {
  mkdirSync(schemaFolder, { recursive: true });
  for (const [name, text] of Object.entries(schemaFiles())) writeFileSync(join(schemaFolder, name), text);
}
